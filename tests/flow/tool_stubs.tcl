# The commands of Vivado and Quartus that our scripts may use, as stubs: each notes that it was called, and
# a file that one is given must be there. Anything else is an unknown command, which is an error.
#   tclsh tool_stubs.tcl vivado|quartus SCRIPT [ARGUMENT]...   prints the commands in order
set tool [lindex $argv 0]
set script [lindex $argv 1]
set argv [lrange $argv 2 end]
set argc [llength $argv]
array set quartus [list args $argv]
set called {}

proc stub {name {files 0} {answer {}}} {
    proc $name args "
        lappend ::called $name
        if {$files && !\[file isfile \[lindex \$args end]]} { error \"$name: no file \[lindex \$args end]\" }
        return {$answer}"
}

if {$tool eq "vivado"} {
    foreach name {create_project set_property update_compile_order synth_design create_clock opt_design
                  place_design phys_opt_design route_design report_utilization report_timing_summary
                  write_checkpoint} { stub $name }
    stub add_files 1
    stub current_fileset 0 sources_1
    stub get_ports 0 clk
} else {
    foreach name {project_new execute_flow project_close set_instance_assignment} { stub $name }
    proc set_global_assignment {dash name value} {
        lappend ::called $name
        if {$dash ne "-name"} { error "set_global_assignment: $dash" }
        if {[string match *_FILE $name] && ![file isfile $value]} { error "no file $value" }
    }
    package provide ::quartus::project 1.0
    package provide ::quartus::flow 1.0
}
rename puts real_puts
proc puts args {}
source $script
real_puts $called
