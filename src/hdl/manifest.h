/* manifest.json: what an emitted folder is (DESIGN.md section 6). Written by the emitter, read by every
 * checker; a checker refuses a folder whose files do not match it (manifest_verify). */
#ifndef DIFFLUT_HDL_MANIFEST_H
#define DIFFLUT_HDL_MANIFEST_H

#include "base/err.h"
#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct manifest_file {
    char *path; /* relative to the folder, '/' separators, no ".." */
    char sha256[HASH_TEXT_SIZE];
    char *kind; /* "rtl", "script", "constraint", "model", "netlist", "vectors", "report" */
};

enum { MANIFEST_MAX_PASSES = 16 };

/* A pass that the netlist went through, and how much it took away (netlist/pass.h). */
struct manifest_pass {
    char name[32];
    uint64_t removed;
};

/* The stream top (docs/hardware_guide.md); all 0 in a folder without one. */
struct manifest_stream {
    uint32_t width;               /* bits of a beat, both sides; the default of parameter WIDTH */
    uint32_t code_slot, beats_in; /* bits a code takes in a frame; beats of a frame */
    uint32_t result_slot, beats_out; /* the same of a result: */
    uint32_t result_words;           /* 1, the class, or 1 + num_classes with the scores */
};

struct manifest {
    char name[64]; /* model name */
    char model_hash[65];
    char build_id[17]; /* first 16 hex digits of SHA-256 over netlist text, options and version */
    char version[32];  /* of the program that wrote it */
    char top[16];      /* "full", "core", "stream" or a board */
    char target[16];
    char dont_care[8];   /* "none"; "data": tables were edited, at a price (model_drop_unseen()) */
    char top_module[96]; /* <name>_<top> */
    bool scores;
    bool tmr;                         /* three copies of every part, and voters */
    uint32_t num_features, code_bits; /* full: in_codes, feature f at [code_bits*f +: code_bits] */
    uint32_t num_bits;                /* core: in_bits, encoder bit b at [b]; then the codes as in
                                       * in_codes, when pass code-bits removed anything */
    uint32_t num_classes, class_bits; /* out_class */
    uint32_t score_bits;              /* out_scores, class c at [score_bits*c +: score_bits] */
    uint32_t pipeline_encoder, pipeline_layers, pipeline_popcount, pipeline_argmax; /* registers */
    uint32_t depth;               /* LUTs between registers at most */
    uint32_t flip_flops;          /* of full with class scores; netlist_cost() estimate */
    uint32_t latency_cycles;      /* of full; 0 = combinational */
    uint32_t latency_cycles_core; /* of core: without the encoder's registers */
    uint64_t luts_encoder, luts_layers, luts_group_sum, luts_argmax; /* netlist_cost() estimates */
    struct manifest_pass passes[MANIFEST_MAX_PASSES];                /* in the order they run */
    uint32_t num_passes;
    struct manifest_stream stream;
    struct manifest_file *files; /* sorted by path, each path once */
    size_t num_files;
};

/* Reads <folder>/manifest.json. ERR_IO; ERR_FORMAT names the key: every field is checked for type and
 * range, and every path for staying inside the folder. manifest_parse() does so for JSON text. */
enum err_status manifest_parse(struct manifest **out, const char *text, size_t size,
                               const char *path, struct err *err);
enum err_status manifest_read(struct manifest **out, const char *folder, struct err *err);
enum err_status manifest_write(const struct manifest *manifest, const char *folder,
                               struct err *err);
/* Every listed file is there with its hash; every .v file in rtl/ is listed. Names the first file at
 * fault (ERR_FORMAT). */
enum err_status manifest_verify(const struct manifest *manifest, const char *folder,
                                struct err *err);
/* Whether num_bits is right for an encoder of so many bits: those, or those and the codes' own. */
bool manifest_fits_bits(const struct manifest *manifest, uint32_t encoder_bits);
/* Whether a path is one that a manifest may list: relative, of plain characters, inside its folder. */
bool manifest_path_is_safe(const char *path);
/* Lists a file that is in the folder, with its hash of now; an entry of that path is replaced. */
enum err_status manifest_add_file(struct manifest *manifest, const char *folder, const char *path,
                                  const char *kind, struct err *err);
/* Takes a file off the list; false when it is not there. A listed file never changes: who rewrites one
 * takes it off, writes the manifest, writes the file, and lists it again. */
bool manifest_remove_file(struct manifest *manifest, const char *path);
void manifest_free(struct manifest *manifest);

#endif
