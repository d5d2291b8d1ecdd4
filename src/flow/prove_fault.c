#include "prove_fault.h"

#include "base/stop.h"
#include "flow/prove_cycles.h"
#include "flow/prove_graph.h"
#include "flow/prove_plant.h"
#include "flow/prove_silent.h"
#include "flow/prove_simulate.h"
#include "flow/prove_yosys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DRAWS = 1000 };

/* A campaign: what is planted into, and what judges it. */
struct campaign {
    struct prove_bench bench;
    struct prove_cycles *cycles;
    struct prove_check before; /* the Verilog, when the faults are in the netlist after synthesis */
    bool mapped;
    uint8_t *changed; /* [num_nets] of a mapped netlist */
    const char *folder;
    const struct vectors *vectors;
    const struct prove_sample *sample;
    double patience; /* seconds for the simulation of a loop */
};

/* ---- one fault ---- */

/* Nets on cells that are others than in the sound netlist, exchanged ones, and all that depends on them. */
static void find_changed(const struct prove_bench *bench, uint8_t *changed)
{
    const struct prove_netlist *n = bench->netlist;
    bool more = true;

    memset(changed, 0, n->num_nets);
    for (uint32_t i = 0; bench->port != NULL && i < bench->port->width; i++) {
        if ((i == bench->first || i == bench->second) && bench->port->nets[i] != PROVE_NET_UNKNOWN)
            changed[bench->port->nets[i]] = 1;
    }
    while (more) {
        more = false;
        for (uint32_t i = 0; i < n->num_cells; i++) {
            const struct prove_cell *cell = &n->cells[i];
            /* Padding that differs only makes work.
             * NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
            bool differs = memcmp(cell, &bench->sound[i], sizeof *cell) != 0;

            for (unsigned k = 0; k < PROVE_MAX_FAN_IN && !differs; k++)
                differs = cell->in[k] != PROVE_NET_UNKNOWN && changed[cell->in[k]];
            if (!differs || changed[cell->out]) continue;
            changed[cell->out] = 1;
            more = true;
        }
    }
}

static struct prove_check make_check(const struct prove_bench *bench, struct prove_result *result)
{
    return (struct prove_check){.netlist = bench->netlist,
                                .manifest = bench->manifest,
                                .reference = bench->reference,
                                .patterns = bench->patterns,
                                .prefix = "",
                                .result = result};
}

static enum err_status is_caught(struct campaign *campaign, bool *caught, struct err *err)
{
    struct prove_result result = {0};
    struct prove_check check = make_check(&campaign->bench, &result);
    size_t different = 0;
    enum err_status status = prove_check_load(&check, &different, err);

    check.brief = true;
    if (campaign->changed != NULL) {
        find_changed(&campaign->bench, campaign->changed);
        check.changed = campaign->changed;
    }
    *caught = different < campaign->bench.patterns->count || result.proved < result.count;
    if (status == ERR_OK && !*caught) {
        status = campaign->mapped ? prove_check_same(&check, &campaign->before, different, err)
                                  : prove_check_functions(&check, err);
        *caught = result.proved < result.count;
    }
    prove_check_free(&check);
    prove_result_free(&result);
    return status;
}

/* The bench of a netlist whose nets depend on themselves may not end: as seen as a wrong result. */
static enum err_status simulate_loop(struct campaign *campaign, bool *seen, struct err *err)
{
    struct cosim_options how = campaign->sample->how;
    enum err_status status;

    if (how.time_limit <= 0 || how.time_limit > campaign->patience)
        how.time_limit = campaign->patience;
    status = prove_simulate(campaign->folder, campaign->bench.manifest, campaign->bench.netlist,
                            campaign->vectors, &how, seen, err);
    if (status != ERR_TOOL || stop_asked(how.stop)) return status;
    *seen = true;
    return ERR_OK;
}

/* What is reckoned beside what a simulator says. */
static enum err_status compare_simulated(struct campaign *campaign, bool reckoned, bool loop,
                                         struct prove_fault_row *row, struct err *err)
{
    const struct prove_bench *bench = &campaign->bench;
    bool seen = false;
    enum err_status status =
        loop ? simulate_loop(campaign, &seen, err)
             : prove_simulate(campaign->folder, bench->manifest, bench->netlist, campaign->vectors,
                              &campaign->sample->how, &seen, err);

    row->simulated++;
    row->agree += !loop && seen == reckoned;
    row->loops += loop;
    row->loops_seen += loop && seen;
    if (loop || seen == reckoned || row->disagrees > 0) return status;
    row->disagrees = row->planted;
    row->disagrees_seen = seen;
    return status;
}

static enum err_status judge(struct campaign *campaign, const struct prove_kind *kind,
                             struct prove_fault_row *row, struct err *err)
{
    bool caught = false, silent = false, seen = false, loop = false;
    enum err_status status = is_caught(campaign, &caught, err);

    if (status == ERR_OK && !caught)
        status = prove_silent_check(&campaign->bench, kind->timing, &silent, err);
    if (status == ERR_OK) status = prove_cycles_differ(campaign->cycles, &seen, &loop, err);
    row->planted++;
    row->caught += caught;
    row->silent += !caught && silent;
    row->missed += !caught && !silent;
    row->by_cosim += seen;
    if (status == ERR_OK && row->planted <= campaign->sample->count)
        status = compare_simulated(campaign, seen, loop, row, err);
    return status;
}

static enum err_status plant_kind(struct campaign *campaign, const struct prove_kind *kind,
                                  uint64_t stream, size_t count,
                                  const struct prove_options *options, struct prove_fault_row *row,
                                  struct err *err)
{
    enum err_status status = ERR_OK;
    unsigned draws = 0;

    *row = (struct prove_fault_row){.kind = kind->name};
    rng_seed(&campaign->bench.rng, options->seed, stream);
    while (row->planted < count && draws < MAX_DRAWS && status == ERR_OK) {
        if (stop_asked(options->stop)) return err_set(err, ERR_TOOL, "stopped");
        draws++;
        if (kind->plant(&campaign->bench)) {
            draws = 0;
            status = judge(campaign, kind, row, err);
        }
        prove_plant_undo(&campaign->bench);
    }
    return status;
}

/* ---- preparations ---- */

/* The whole proof of the mapped netlist without a fault; what a fault leaves alone is proved from then on. */
static enum err_status prove_sound(struct campaign *campaign, struct err *err)
{
    bool caught = false;
    enum err_status status;

    if (!campaign->mapped) return ERR_OK;
    status = is_caught(campaign, &caught, err);
    if (status == ERR_OK && caught)
        return err_set(err, ERR_DIFF, "the netlist without a fault is not proved: run prove");
    campaign->changed = malloc(campaign->bench.netlist->num_nets);
    return campaign->changed == NULL ? err_nomem(err, "a fault") : status;
}

/* The netlist without a fault, printed and simulated: the printer's own check. */
static enum err_status simulate_sound(struct campaign *campaign, struct err *err)
{
    const struct prove_bench *bench = &campaign->bench;
    double start = prove_check_now();
    bool seen = false;
    enum err_status status;

    if (campaign->sample->count == 0) return ERR_OK;
    status = prove_simulate(campaign->folder, bench->manifest, bench->netlist, campaign->vectors,
                            &campaign->sample->how, &seen, err);
    campaign->patience = 10 + 10 * (prove_check_now() - start);
    if (status == ERR_OK && seen)
        status = err_set(err, ERR_DIFF,
                         "%s finds a difference in the netlist without a fault, as it was printed",
                         campaign->sample->how.simulator);
    return status;
}

/* A cell and a net that nothing reads, for a register to be added. */
static enum err_status add_spare(struct prove_netlist *n, struct err *err)
{
    struct prove_cell *cells = realloc(n->cells, (n->num_cells + 2) * sizeof *cells);
    uint32_t *driver = realloc(n->driver, (n->num_nets + 1) * sizeof *driver), *wire, *position;

    if (cells != NULL) n->cells = cells;
    if (driver != NULL) n->driver = driver;
    wire = realloc(n->net_wire, (n->num_nets + 1) * sizeof *wire);
    if (wire != NULL) n->net_wire = wire;
    position = realloc(n->net_position, (n->num_nets + 1) * sizeof *position);
    if (position != NULL) n->net_position = position;
    if (cells == NULL || driver == NULL || wire == NULL || position == NULL)
        return err_nomem(err, "a fault");
    memset(&cells[n->num_cells], 0, 2 * sizeof *cells);
    cells[n->num_cells].out = n->num_nets;
    cells[n->num_cells + 1].origin = UINT32_MAX; /* no cell's neighbour */
    driver[n->num_nets] = n->num_cells;
    wire[n->num_nets] = position[n->num_nets] = UINT32_MAX;
    n->num_cells++;
    n->num_nets++;
    return ERR_OK;
}

static enum err_status prepare(struct prove_bench *bench, struct err *err)
{
    enum err_status status = add_spare(bench->netlist, err);
    size_t size = (size_t)bench->netlist->num_cells * sizeof *bench->sound;

    bench->sound = malloc(size + sizeof *bench->sound);
    bench->changed = malloc(bench->netlist->num_cells * sizeof *bench->changed);
    if (bench->sound == NULL || bench->changed == NULL) return err_nomem(err, "a fault");
    if (status == ERR_OK) memcpy(bench->sound, bench->netlist->cells, size);
    return status;
}

/* The Verilog as the netlist after synthesis is compared with it. */
static enum err_status load_before(struct campaign *campaign, struct prove_netlist *rtl,
                                   struct prove_result *result, struct err *err)
{
    size_t different = 0;
    enum err_status status;

    campaign->before = make_check(&campaign->bench, result);
    campaign->before.netlist = rtl;
    status = prove_check_load(&campaign->before, &different, err);
    if (status == ERR_OK) status = prove_check_functions(&campaign->before, err);
    if (status == ERR_OK && result->proved < result->count)
        status = err_set(err, ERR_DIFF, "the Verilog without a fault is not proved: run prove");
    return status;
}

bool prove_fault_wanted(const struct prove_options *options, const char *kind)
{
    return options->kind == NULL || strstr(kind, options->kind) != NULL;
}

static enum err_status plant_all(struct campaign *campaign, size_t count,
                                 const struct prove_options *options, struct prove_fault_row *rows,
                                 size_t *num_rows, struct err *err)
{
    size_t num_kinds;
    const struct prove_kind *kinds =
        campaign->mapped ? prove_plant_mapped(&num_kinds) : prove_plant_rtl(&num_kinds);
    enum err_status status = ERR_OK;

    for (size_t k = 0; k < num_kinds && status == ERR_OK; k++) {
        if (!prove_fault_wanted(options, kinds[k].name)) continue;
        if (options->progress != NULL) options->progress(kinds[k].name, options->user);
        status = plant_kind(campaign, &kinds[k], k, count, options, &rows[(*num_rows)++], err);
    }
    return status;
}

enum err_status prove_faults(const char *folder, const struct manifest *manifest,
                             const struct prove_reference *reference,
                             const struct prove_options *options, size_t count,
                             const struct vectors *vectors, const struct prove_sample *sample,
                             struct prove_fault_row *rows, size_t *num_rows, struct err *err)
{
    struct campaign campaign = {.bench = {.manifest = manifest, .reference = reference},
                                .mapped = options->after_synth != NULL,
                                .folder = folder,
                                .vectors = vectors,
                                .sample = sample};
    struct prove_bench *bench = &campaign.bench;
    struct prove_patterns *patterns = NULL;
    struct prove_netlist *rtl = NULL;
    struct prove_result result = {0};
    char top[96], version[128];
    enum err_status status = prove_patterns_create(&patterns, reference, vectors->codes,
                                                   vectors->count, options->seed, err);

    snprintf(top, sizeof top, "%s_full", manifest->name);
    bench->patterns = patterns;
    if (status == ERR_OK && campaign.mapped) {
        status = prove_yosys_read(&rtl, folder, manifest, top, NULL, options, version, err);
        if (status == ERR_OK) status = load_before(&campaign, rtl, &result, err);
    }
    if (status == ERR_OK)
        status = prove_yosys_read(&bench->netlist, folder, manifest, top, options->after_synth,
                                  options, version, err);
    if (status == ERR_OK) status = prepare(bench, err);
    if (status == ERR_OK)
        status = prove_cycles_create(&campaign.cycles, bench->netlist, manifest, vectors, err);
    if (status == ERR_OK) status = prove_sound(&campaign, err);
    if (status == ERR_OK) status = simulate_sound(&campaign, err);
    if (status == ERR_OK) status = plant_all(&campaign, count, options, rows, num_rows, err);
    prove_cycles_free(campaign.cycles);
    prove_check_free(&campaign.before);
    prove_netlist_free(rtl);
    prove_netlist_free(bench->netlist);
    prove_result_free(&result);
    free(bench->sound);
    free(bench->changed);
    free(campaign.changed);
    prove_patterns_free(patterns);
    return status;
}
