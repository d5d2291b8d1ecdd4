# difflut-hdl. `make help` lists the targets; the two to begin with are `make demo` and `make test`.

CC      ?= gcc
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
CFLAGS  ?= -O3 -g

VERSION  := $(shell sed -n 's/^.define DIFFLUT_VERSION "\(.*\)"/\1/p' src/hdl/vlog_emit.h)
PKGS      = yaml-0.1 jansson zlib
WARN      = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-prototypes -Wvla -Werror -Wno-psabi
PKG_FLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS  := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
# Nobody reads floating-point exception flags or errno after sqrt(); kept, they stop loops with a
# comparison (clamps, sigmoids) from being vectorised.
MATH_FLAGS = -fno-trapping-math -fno-math-errno
ALL_CFLAGS = -std=gnu11 $(WARN) $(CFLAGS) $(MATH_FLAGS) -fopenmp -fvisibility=hidden \
	-fPIC -Isrc -I$(BUILD)/gen -MMD -MP \
	$(PKG_FLAGS)
LIBS       = $(PKG_LIBS) -lmd -lm
FLAGS     := $(CC)|$(CFLAGS)|$(filter-out -I$(BUILD)/gen,$(ALL_CFLAGS))

LIB_SRC  = $(filter-out src/cli/%,$(wildcard src/*/*.c))
CLI_SRC  = $(wildcard src/cli/*.c)
TEST_SRC = $(wildcard tests/unit/test_*.c)
FUZZ_SRC = $(wildcard tests/fuzz/fuzz_*.c)
LIB_OBJ  = $(LIB_SRC:src/%.c=$(BUILD)/obj/%.o)
CLI_OBJ  = $(CLI_SRC:src/%.c=$(BUILD)/obj/%.o)
TEST_BIN = $(TEST_SRC:tests/unit/%.c=$(BUILD)/tests/%)
FUZZ_BIN = $(FUZZ_SRC:tests/fuzz/fuzz_%.c=$(BUILD)/fuzz/%)
FUZZ_BIN += $(BUILD)/fuzz/planted
REPLAY_BIN = $(FUZZ_SRC:tests/fuzz/fuzz_%.c=$(BUILD)/replay/%) $(BUILD)/replay/planted
HELPER_SRC = $(wildcard tests/helpers/*.c)
HELPER_BIN = $(HELPER_SRC:tests/helpers/%.c=$(BUILD)/helpers/%)

LIB = $(BUILD)/libdifflut.a
BIN = $(BUILD)/bin/difflut-hdl

# What is installed: only the names of src/difflut.h can be seen from outside.
SONAME    = libdifflut.so.$(firstword $(subst ., ,$(VERSION)))
SO        = $(BUILD)/libdifflut.so.$(VERSION)
PUBLIC_A  = $(BUILD)/install/libdifflut.a
OBJCOPY  ?= objcopy
LIBDIR   ?= $(PREFIX)/lib
PRETRAINED = $(wildcard pretrained/*.md pretrained/*/*.yaml pretrained/*/*.safetensors)

# Files that travel inside the program (src/base/embed.h).
TEMPLATES = $(sort $(wildcard hdl_templates/*.v)) $(sort $(wildcard hdl_templates/yosys/*.v)) \
	$(sort $(wildcard hdl_templates/boards/*)) $(sort $(wildcard hdl_templates/scripts/*))
C_FILES   = $(sort $(wildcard c_templates/*.c)) src/engine/engine_bytes.h
SIM_FILES = $(sort $(wildcard sim/*.cpp sim/*.v sim/*.mk))
GEN       = $(BUILD)/gen/hdl_templates.h $(BUILD)/gen/sim_files.h $(BUILD)/gen/c_templates.h \
	$(BUILD)/gen/prefix.h

MODEL     ?= mnist_large
TARGET    ?= xcup
JOBS      ?= $(shell nproc 2>/dev/null || echo 2)
SUB_MAKE   = $(MAKE) --no-print-directory -j$(JOBS)

.DEFAULT_GOAL := all
.PHONY: help all objects unit analyse test sanitize sanitize-memory sanitize-threads coverage valgrind failures fuzz lint format cosim prove faults tmr-table synth golden matrix area-table bench bench-growth bench-flow instructions demo hardware-table clean \
	install uninstall docs check-deps node-table

help: ## this list
	@echo "difflut-hdl $(VERSION): differentiable LUT networks, from a YAML config to hardware"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1@\2/p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F@ '{ printf "%-20s %s\n", $$1, $$2 }'
	@echo "variables: CC, CFLAGS, BUILD=build, MODEL=mnist_large, TARGET=xcup, PREFIX=/usr/local"

all: $(BIN) $(LIB) $(SO) ## the program, build/bin/difflut-hdl, and libdifflut.a and .so

objects: $(LIB_OBJ) $(CLI_OBJ) $(TEST_SRC:tests/unit/%.c=$(BUILD)/obj/tests/%.o)

unit: $(TEST_BIN) $(REPLAY_BIN) $(HELPER_BIN) $(BUILD)/helpers/fault.so

# Without the Python tools a few tests are skipped, which only CI takes for a failure.
test: ## install what is missing, build, run every test
	@tools/deps.sh build test
	@tools/deps.sh python || true
	@$(SUB_MAKE) all unit
	@tools/run_tests.sh $(BUILD)

sanitize: sanitize-memory sanitize-threads ## both of the next two (many minutes)

# -Wno-error: UBSan's shift checks take unrolled loops apart, which gcc warns about.
sanitize-memory: ## the tests again under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/deps.sh build test
	@$(SUB_MAKE) BUILD=$(BUILD)/sanitize all unit \
		CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -Wno-error'
	@tools/run_tests.sh $(BUILD)/sanitize

# clang, because gcc's OpenMP library hides its synchronisation from ThreadSanitizer; libomp tells it.
sanitize-threads: ## the tests again under ThreadSanitizer, after two planted races
	@tools/deps.sh build test threads
	@$(SUB_MAKE) CC=clang BUILD=$(BUILD)/threads all unit \
		CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=thread -Wno-error'
	@tools/run_threads.sh $(BUILD)/threads

coverage: ## lines of src/ that the tests run, by room, and the table of docs/testing.md; fails below 90 % (many minutes)
	@tools/deps.sh build test
	@$(SUB_MAKE) BUILD=$(BUILD)/coverage all unit CFLAGS='-O1 -g --coverage -Wno-error -DFUZZ_MOST_SECONDS=10.0'
	@tools/coverage.sh $(BUILD)/coverage $(COVERAGE_TESTS)

valgrind: ## the command line on small models under memcheck (minutes)
	@tools/deps.sh build test valgrind
	@$(SUB_MAKE) all
	@tools/run_valgrind.sh $(BIN)

# libFuzzer; OpenMP stays, with one thread.
FUZZ_CFLAGS = -O2 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -Wno-error

fuzz: ## feed made-up inputs to every reader, pass and evaluator, FUZZ_SECONDS=20 each, sanitised
	@tools/deps.sh build fuzz
	@$(SUB_MAKE) CC=clang BUILD=$(BUILD)/fuzzing CFLAGS='$(FUZZ_CFLAGS)' fuzzers
	@tools/run_fuzzers.sh $(BUILD)/fuzzing run

fuzz-campaign: ## FUZZ_RUNS=10000000 inputs for each of them; tests/fuzz/campaign.csv and its table (hours; resumes)
	@tools/deps.sh build fuzz
	@$(SUB_MAKE) CC=clang BUILD=$(BUILD)/fuzzing CFLAGS='$(FUZZ_CFLAGS)' fuzzers
	@tools/run_fuzzers.sh $(BUILD)/fuzzing campaign
.PHONY: fuzz-campaign

failures: ## memory, disk and files failing at every place, kills at 100 moments; the table of docs/testing.md (many minutes)
	@tools/deps.sh build test
	@$(SUB_MAKE) all unit
	tools/failures.sh $(BUILD)

lint: ## style, include rules, compiler warnings, cppcheck, Verilator lint, shellcheck
	@tools/deps.sh build lint
	@tools/lint/lint.sh $(BUILD)

# Each file on its own, again only when it or a header of it has changed; `make lint` runs this. Both
# analysers must be told what err.c returns (src/base/err.h).
ANALYSED      = $(filter-out src/base/err.c,$(LIB_SRC) $(CLI_SRC))
ANALYSE_FLAGS = -std=gnu11 -fopenmp -DERR_ANALYSED -Isrc -I$(BUILD)/gen $(PKG_FLAGS)
ANALYSE       = $(ANALYSED:src/%.c=$(BUILD)/lint/tidy/%.ok) $(ANALYSED:src/%.c=$(BUILD)/lint/analyzer/%.ok)

analyse: $(ANALYSE) ## clang-tidy (.clang-tidy) and gcc -fanalyzer over src/

$(BUILD)/lint/tidy/%.ok: src/%.c .clang-tidy | $(GEN)
	@mkdir -p $(@D)
	@clang-tidy --quiet --warnings-as-errors='*' $< -- $(ANALYSE_FLAGS) >$@.log 2>&1 || \
		{ grep -v ' warnings generated\| warning generated' $@.log; exit 1; }
	@$(CC) $(ANALYSE_FLAGS) -MM -MP -MT $@ -MF $(@:.ok=.d) $< && touch $@

# Of gcc 12's checks four report what other files fill in, check or free ("leak of <unknown>"); failing
# allocations, AddressSanitizer and valgrind look for those in runs. One takes a vector's elements for its bits.
ANALYZER_FLAGS = -O0 -fanalyzer -Werror $(addprefix -Wno-analyzer-,use-of-uninitialized-value \
	null-dereference malloc-leak double-free shift-count-overflow)
$(BUILD)/lint/analyzer/%.ok: src/%.c | $(GEN)
	@mkdir -p $(@D)
	@gcc $(ANALYSE_FLAGS) $(ANALYZER_FLAGS) -MMD -MP -MT $@ -MF $(@:.ok=.d) -c $< -o $@.o && \
		rm -f $@.o && touch $@

-include $(ANALYSE:.ok=.d)

format: ## clang-format every C file in place
	clang-format -i $(wildcard src/*.h src/*/*.[ch] tests/*/*.[ch] examples/*.c)

cosim: ## emit MODEL and check every vector in Verilator
	@tools/deps.sh build test
	@$(SUB_MAKE) all
	$(BIN) cosim $(MODEL)

prove: ## emit MODEL and prove it equal to the model, for all inputs
	@tools/deps.sh build test
	@$(SUB_MAKE) all
	$(BIN) prove $(MODEL)

faults: ## plant 1000 faults of each kind; the tables of docs/proof.md (minutes, not in CI)
	@tools/deps.sh build test
	@$(SUB_MAKE) all
	tools/faults_table.sh $(BIN)

tmr-table: ## what emit --tmr costs; the table of docs/hardware_guide.md (minutes, not in CI)
	@tools/deps.sh build test
	@$(SUB_MAKE) all
	tools/tmr_table.sh $(BIN)

synth: ## emit MODEL and count LUTs for TARGET with Yosys
	@tools/deps.sh build test
	@$(SUB_MAKE) all
	$(BIN) synth $(MODEL) --target $(TARGET)

golden: ## rewrite tests/golden/*.v from the emitter; review the difference
	@tools/deps.sh build test
	@$(SUB_MAKE) unit
	DIFFLUT_GOLDEN=write tools/run_tests.sh $(BUILD) golden

matrix: ## every node x encoder x layer type in Verilator; writes docs/matrix.md (minutes)
	@tools/deps.sh build test
	@$(SUB_MAKE) unit
	DIFFLUT_MATRIX=all DIFFLUT_MATRIX_TABLE=docs/matrix.md TEST_TIMEOUT=1800 \
		tools/run_tests.sh $(BUILD) test_matrix

area-table: ## train for area in several ways; writes docs/area.csv and docs/area.md (minutes)
	@tools/deps.sh build test
	@$(SUB_MAKE) all
	DIFFLUT=$(BIN) AREA_OUT=$(BUILD)/area tools/area_table.sh --write

bench: ## measure training, inference and the flow; tests/bench/results.csv and its tables (idle machine, below 10 minutes)
	@tools/deps.sh build test
	@$(SUB_MAKE) all $(BUILD)/bench/bench_node $(BUILD)/bench/bench_mixture
	@tools/bench.sh $(BUILD)
	@tools/bench_table.sh --write

instructions: ## count the instructions of small fixed cases anew; tests/bench/instructions.csv, which a test compares
	@tools/deps.sh build test
	@$(SUB_MAKE) all
	@tools/instructions.sh $(BUILD) --write

bench-growth: ## how training grows from 1 k to 1 M LUTs; tests/bench/train_growth.csv and its table (minutes)
	@tools/deps.sh build test
	@$(SUB_MAKE) $(BUILD)/bench/bench_train
	@tools/train_growth.sh $(BUILD)

bench-flow: ## how the flow grows from 1 k to 1 M LUTs, as CSV; takes minutes
	@tools/deps.sh build test
	@$(SUB_MAKE) $(BUILD)/bench/bench_flow
	@tools/flow_growth.sh $(BUILD)

ablation: ## what each pass is worth: docs/ablation.csv and its table, for TARGET (minutes)
	@tools/deps.sh build test
	@$(SUB_MAKE) all
	tools/ablation.sh $(BIN) $(TARGET) digits_small mnist_small configs/gates.yaml mnist_large
.PHONY: ablation

hardware-table: ## docs/hardware_table.csv and its tables: models, targets, Yosys versions, tops (many minutes; resumes)
	@tools/deps.sh build test python
	@$(SUB_MAKE) all
	@DIFFLUT=$(BIN) tools/hardware_table.sh

demo: ## emit, co-simulate, prove and synthesise MODEL; print one table
	@tools/deps.sh build test
	@$(SUB_MAKE) all
	@tools/demo.sh $(BIN) $(MODEL) $(TARGET)

pretrained-models: ## train the shipped models again (DIFFLUT_DATA; minutes, not in CI)
	@tools/deps.sh build
	@$(SUB_MAKE) all
	tools/train_pretrained.sh $(BIN)

node-table: ## train every node type on MNIST and put the table into docs/nodes.md (DIFFLUT_DATA; minutes)
	@tools/deps.sh build
	@$(SUB_MAKE) all
	tools/node_table.sh

clean: ## remove build/
	rm -rf $(BUILD)

install: $(BIN) $(SO) $(PUBLIC_A) ## program, library, header, pkg-config file and models to PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin
	install -m 644 src/difflut.h $(DESTDIR)$(PREFIX)/include
	install -m 644 $(PUBLIC_A) $(DESTDIR)$(LIBDIR)
	install -m 755 $(SO) $(DESTDIR)$(LIBDIR)
	ln -sf libdifflut.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libdifflut.so
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(VERSION)|' \
		tools/difflut.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/difflut.pc
	chmod 644 $(DESTDIR)$(LIBDIR)/pkgconfig/difflut.pc
	for file in $(PRETRAINED); do \
		install -D -m 644 "$$file" "$(DESTDIR)$(PREFIX)/share/difflut/$$file" || exit 1; done

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/difflut-hdl $(DESTDIR)$(PREFIX)/include/difflut.h \
		$(DESTDIR)$(LIBDIR)/libdifflut.a $(DESTDIR)$(LIBDIR)/libdifflut.so.$(VERSION) \
		$(DESTDIR)$(LIBDIR)/$(SONAME) $(DESTDIR)$(LIBDIR)/libdifflut.so \
		$(DESTDIR)$(LIBDIR)/pkgconfig/difflut.pc \
		$(addprefix $(DESTDIR)$(PREFIX)/share/difflut/,$(PRETRAINED))
	if [ -d $(DESTDIR)$(PREFIX)/share/difflut ]; then \
		find $(DESTDIR)$(PREFIX)/share/difflut -depth -type d -empty -delete; fi

docs: ## the C API as HTML in BUILD/docs/html, when doxygen is here
	@if command -v doxygen >/dev/null 2>&1; then mkdir -p $(BUILD)/docs && \
		{ cat tools/Doxyfile; echo "OUTPUT_DIRECTORY = $(BUILD)/docs"; \
		echo "PROJECT_NUMBER = $(VERSION)"; } | doxygen - && echo "$(BUILD)/docs/html/index.html"; \
	else echo "doxygen is missing (apt-get install -y doxygen): read src/difflut.h itself"; fi

check-deps: ## say what is missing for building, testing, linting and fuzzing; install nothing
	@tools/deps.sh --check build test lint fuzz python

# --- rules ---

$(BUILD)/gen/hdl_templates.h: $(TEMPLATES) tools/embed.sh
	@mkdir -p $(@D)
	@tools/embed.sh HDL_TEMPLATES $(TEMPLATES) > $@.new && mv $@.new $@

$(BUILD)/gen/sim_files.h: $(SIM_FILES) tools/embed.sh
	@mkdir -p $(@D)
	@tools/embed.sh SIM_FILES $(SIM_FILES) > $@.new && mv $@.new $@

$(BUILD)/gen/c_templates.h: $(C_FILES) tools/embed.sh
	@mkdir -p $(@D)
	@tools/embed.sh C_TEMPLATES $(C_FILES) > $@.new && mv $@.new $@

# Rewritten when PREFIX is another one, so that the one file that holds it follows.
$(BUILD)/gen/prefix.h: always
	@mkdir -p $(@D)
	@echo '#define DIFFLUT_PREFIX "$(PREFIX)"' | cmp -s - $@ || \
		echo '#define DIFFLUT_PREFIX "$(PREFIX)"' >$@
# Rewritten when the compiler or its flags are others, so that every object follows.
$(BUILD)/flags: always
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@
.PHONY: always

$(BUILD)/obj/%.o: src/%.c $(BUILD)/flags | $(GEN)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c $< -o $@

$(BUILD)/obj/tests/%.o: tests/unit/%.c | $(GEN)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c $< -o $@

# Thresholds, codes and drawn digits are the same on machines with fused multiply-add.
$(BUILD)/obj/encoder/%.o $(BUILD)/obj/data/%.o: ALL_CFLAGS += -ffp-contract=off

$(LIB): $(LIB_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(SO): $(LIB_OBJ) tools/difflut.map
	$(CC) $(CFLAGS) -fopenmp -shared -Wl,-soname,$(SONAME) -Wl,--version-script=tools/difflut.map \
		-o $@ $(LIB_OBJ) $(LIBS)

# One object, its inner names made local.
$(PUBLIC_A): $(LIB_OBJ)
	@mkdir -p $(@D)
	@rm -f $@
	$(LD) -r -o $(@D)/difflut.o $^
	$(OBJCOPY) --wildcard --keep-global-symbol='difflut_*' $(@D)/difflut.o
	ar rcs $@ $(@D)/difflut.o

$(BIN): $(CLI_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -fopenmp -o $@ $^ $(LIBS)

$(BUILD)/tests/%: tests/unit/%.c $(LIB) | $(GEN)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $< $(BESIDE) -o $@ $(LIB) -lcmocka $(LIBS)

# Memory, disk and files that fail when a test says so (tests/faults/fault.h).
# It is called before a sanitizer's own start, so it is compiled without.
FAULT_CFLAGS = $(filter-out -MMD -MP -fsanitize% --coverage,$(ALL_CFLAGS))
$(BUILD)/tests/test_faults: $(BUILD)/helpers/fault.o
$(BUILD)/tests/test_faults: BESIDE = $(BUILD)/helpers/fault.o
$(BUILD)/helpers/fault.o: tests/faults/fault.c tests/faults/fault.h $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(FAULT_CFLAGS) -c $< -o $@
$(BUILD)/helpers/fault.so: $(BUILD)/helpers/fault.o
	$(CC) -shared $< -o $@ -ldl

# Programs that the test scripts call.
$(BUILD)/helpers/%: tests/helpers/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $< -o $@ $(LIB) $(LIBS)

# A fuzz target with a plain main(): `make test` replays the kept corpus with it.
FUZZ_COMMON = tests/fuzz/limits.c $(wildcard tests/fuzz/*.h tests/unit/*.h)
$(BUILD)/replay/%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(FUZZ_COMMON) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) $(filter %.c,$^) -o $@ $(LIB) $(LIBS)
$(BUILD)/replay/planted: tests/fuzz/planted.c tests/fuzz/replay.c $(FUZZ_COMMON) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) $(filter %.c,$^) -o $@ $(LIB) $(LIBS)

$(BUILD)/bench/%: tests/bench/%.c $(LIB) | $(GEN)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $< -o $@ $(LIB) $(LIBS)

.PHONY: fuzzers
fuzzers: $(FUZZ_BIN)
$(BUILD)/fuzz/%: tests/fuzz/fuzz_%.c $(FUZZ_COMMON) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) -fsanitize=fuzzer $(filter %.c,$^) -o $@ $(LIB) $(LIBS)
$(BUILD)/fuzz/planted: tests/fuzz/planted.c $(FUZZ_COMMON) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) -fsanitize=fuzzer $(filter %.c,$^) -o $@ $(LIB) $(LIBS)

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(TEST_BIN:=.d) $(HELPER_BIN:=.d)
