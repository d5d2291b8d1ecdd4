# Out-of-context build with Vivado: the module alone, its ports on no pins.
#   vivado -mode batch -source scripts/vivado.tcl -tclargs PART PERIOD
# PART and PERIOD (ns) may be left out: xc7a35tcpg236-1, and the period of constraints/clock.xdc. The
# project and the reports utilization.rpt and timing.rpt go into vivado/.
set folder [file normalize [file join [file dirname [info script]] ..]]
set out    [file join $folder vivado]
set part   [expr {[llength $argv] > 0 ? [lindex $argv 0] : "xc7a35tcpg236-1"}]

create_project -force $top $out -part $part
set list [open [file join $folder rtl files.f]]
foreach name [split [string trim [read $list]] "\n"] {
    add_files -norecurse [file join $folder rtl $name]
}
close $list
add_files -fileset constrs_1 -norecurse [file join $folder constraints clock.xdc]
set_property top $top [current_fileset]
update_compile_order -fileset sources_1

synth_design -top $top -part $part -mode out_of_context -flatten_hierarchy rebuilt
if {[llength $argv] > 1} {
    create_clock -name clk -period [lindex $argv 1] [get_ports clk]
}
opt_design
place_design
phys_opt_design
route_design

report_utilization -hierarchical -file [file join $out utilization.rpt]
report_timing_summary -file [file join $out timing.rpt]
write_checkpoint -force [file join $out $top.dcp]
puts "utilization.rpt and timing.rpt are in $out"
