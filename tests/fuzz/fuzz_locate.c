/* Waveforms, and where in the design they show a fault. The design is the small one below. */
#include "fuzz.h"

#include "flow/locate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char NETLIST[] = "difflut-netlist 2\n"
                              "name toy\n"
                              "hash \n"
                              "config by hand\n"
                              "features 1 code_bits 2\n"
                              "pipeline encoder 1 layers 1 popcount 1 argmax 1 depth 0\n"
                              "counts steps 2 toggles 2 luts 3 layers 2 classes 2 group 3 "
                              "registers 5\n"
                              "register encoder end\n"
                              "register layer 0 end\n"
                              "register layer 1 end\n"
                              "register popcount end\n"
                              "register argmax end\n"
                              "step 0 feature 0 initial 0 toggles 1\n"
                              "step 1 feature 0 initial 0 toggles 2\n"
                              "lut 2 layer 0 index 0 part 0 in 0 1 table 6\n"
                              "lut 3 layer 1 index 0 part 0 in 2 0 table 8\n"
                              "lut 4 layer 1 index 1 part 1 in 1 2 table e\n"
                              "class 0 bias 0 sum 3 4\n"
                              "class 1 bias 1 sum 2\n"
                              "end\n";
enum { VECTORS = 2 };

static struct netlist *net;
static struct vectors *held;
static struct cosim_plan *plan;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct err err = {""};

    (void)argc, (void)argv;
    if (netlist_parse(&net, NETLIST, sizeof NETLIST - 1, "toy", &err) != ERR_OK ||
        vectors_create(&held, VECTORS, 1, 2, 2, 2, &err) != ERR_OK ||
        cosim_plan_create_held(&plan, VECTORS, netlist_latency(net), &err) != ERR_OK) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    held->codes[1] = 3;
    if (netlist_eval(net, held->codes, VECTORS, NULL, held->scores, held->classes, &err) != ERR_OK)
        abort();
    return 0;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct cosim_located located = {0};
    struct vcd *vcd = NULL;
    struct err err;

    if (vcd_parse(&vcd, (const char *)data, size, &err) != ERR_OK) return;
    if (locate_fault(&located, net, plan, held, vcd, &err) == ERR_OK &&
        (located.fault >= COSIM_FAULTS || memchr(located.part, '\0', sizeof located.part) == NULL))
        abort();
    vcd_free(vcd);
}
