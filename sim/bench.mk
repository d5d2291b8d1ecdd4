# Compiles a verilated model with sim/bench.cpp (run by src/flow/verilator.c in a folder of its own):
#   make -f bench.mk VERILATOR_ROOT=DIR BENCH_PARTS="0 1" BENCH_DEFINES="..." BENCH_LIBS=""
#
# The model's many files go into a few part_N.cpp by #include, one a core: each file apart costs 0.7 s
# in the runtime's headers alone. The options are those of -O1 without the passes that take long on
# straight-line code: a model of 2000 LUTs and 3136 comparisons compiles in 9.2 s of processor time
# and runs 10,000 vectors in 0.23 s, against 13.1 and 0.37 with plain -O1, 5.7 and 4.4 with -O0.
include Vbench_classes.mk

BENCH_OPT = -O1 -fno-tree-dominator-opts -fno-tree-fre -fno-tree-pta -fno-tree-sra \
	-fno-guess-branch-probability
BENCH_FLAGS = -w -I. -I$(VERILATOR_ROOT)/include -I$(VERILATOR_ROOT)/include/vltstd $(BENCH_DEFINES) \
	-DVM_COVERAGE=0 -DVM_SC=0 -DVM_TRACE=$(VM_TRACE) -DVM_TRACE_FST=$(VM_TRACE_FST) \
	-DVM_TRACE_VCD=$(VM_TRACE_VCD)
BENCH_RUNTIME = $(sort $(VM_GLOBAL_FAST) $(VM_GLOBAL_SLOW))
BENCH_OBJECTS = $(BENCH_PARTS:%=part_%.o) bench.o $(BENCH_RUNTIME:%=runtime_%.o)

bench: $(BENCH_OBJECTS)
	$(CXX) -o $@ $(BENCH_OBJECTS) -pthread $(BENCH_LIBS)

part_%.o: part_%.cpp
	$(CXX) $(BENCH_OPT) $(BENCH_FLAGS) -c $< -o $@

# The runtime only starts and ends the run; nothing of it is worth optimising.
runtime_%.o:
	$(CXX) -O0 $(BENCH_FLAGS) -c $(VERILATOR_ROOT)/include/$*.cpp -o $@

bench.o: bench.cpp
	$(CXX) -O1 $(BENCH_FLAGS) -c $< -o $@
