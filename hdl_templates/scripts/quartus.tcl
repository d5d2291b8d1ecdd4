# Out-of-context build with Quartus: the module alone, its ports on virtual pins.
#   quartus_sh -t scripts/quartus.tcl FAMILY DEVICE
# FAMILY and DEVICE may be left out: "Cyclone V", 5CSEBA6U23I7. The clock is that of
# constraints/clock.sdc. The project and Quartus' own reports (.fit.rpt, .sta.rpt) go into quartus/.
package require ::quartus::project
package require ::quartus::flow

set folder [file normalize [file join [file dirname [info script]] ..]]
set out    [file join $folder quartus]
set argv   $::quartus(args)
set family [expr {[llength $argv] > 0 ? [lindex $argv 0] : "Cyclone V"}]
set device [expr {[llength $argv] > 1 ? [lindex $argv 1] : "5CSEBA6U23I7"}]

file mkdir $out
cd $out
project_new $top -overwrite
set_global_assignment -name FAMILY $family
set_global_assignment -name DEVICE $device
set_global_assignment -name TOP_LEVEL_ENTITY $top
set list [open [file join $folder rtl files.f]]
foreach name [split [string trim [read $list]] "\n"] {
    set_global_assignment -name VERILOG_FILE [file join $folder rtl $name]
}
close $list
set_global_assignment -name SDC_FILE [file join $folder constraints clock.sdc]
set_instance_assignment -name VIRTUAL_PIN ON -to *
set_instance_assignment -name VIRTUAL_PIN OFF -to clk
execute_flow -compile
project_close
puts "$top.fit.rpt and $top.sta.rpt are in $out"
