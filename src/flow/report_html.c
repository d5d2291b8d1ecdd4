#include "flow/report_html.h"

#include <stdio.h>
#include <string.h>

static const char HEAD[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<style>\n"
    ":root { color-scheme: light dark; --line: #8885; --encoder: #4e79a7; --layers: #f28e2b;\n"
    "  --group_sum: #59a14f; --argmax: #b07aa1; --other: #9c9c9c; }\n"
    "body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto;\n"
    "  padding: 0 1rem; }\n"
    "table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }\n"
    "th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid "
    "var(--line);\n"
    "  vertical-align: top; }\n"
    "td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }\n"
    "code { font-size: 13px; overflow-wrap: anywhere; } .bad { color: #d62728; font-weight: 600; "
    "}\n"
    "svg { width: 100%; height: 22px; display: block; } .key span { margin-right: 1rem; }\n"
    ".key i { display: inline-block; width: .8em; height: .8em; margin-right: .3em; }\n"
    "@media (prefers-color-scheme: dark) { .bad { color: #ff7b72; } }\n"
    "</style>\n";

static const char *const PARTS[] = {"encoder", "layers", "group_sum", "argmax", "other"};
enum { NUM_PARTS = sizeof PARTS / sizeof PARTS[0] };

static void add_escaped(struct text *out, const char *s)
{
    for (; s != NULL && *s != '\0'; s++) {
        switch (*s) {
        case '<':
            text_add(out, "&lt;");
            break;
        case '>':
            text_add(out, "&gt;");
            break;
        case '&':
            text_add(out, "&amp;");
            break;
        case '"':
            text_add(out, "&quot;");
            break;
        default:
            text_add_bytes(out, s, 1);
        }
    }
}

static double number_of(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

/* A cell with a number, "-" where there is none. */
static void add_number(struct text *out, const json_t *object, const char *key, int digits)
{
    const json_t *value = json_object_get(object, key);

    if (json_is_number(value))
        text_add(out, "<td class=\"n\">%.*f</td>", digits, json_number_value(value));
    else
        text_add(out, "<td class=\"n\">-</td>");
}

static void add_text_cell(struct text *out, const char *text)
{
    text_add(out, "<td>");
    add_escaped(out, text);
    text_add(out, "</td>");
}

static void add_row(struct text *out, const char *name, const char *value)
{
    text_add(out, "<tr>");
    add_text_cell(out, name);
    add_text_cell(out, value);
    text_add(out, "</tr>\n");
}

/* ---- sections ---- */

static void add_folder(struct text *out, const json_t *folder)
{
    static const char *const KEYS[][2] = {{"accuracy_hard", "accuracy, hardware's bits"},
                                          {"accuracy_soft", "accuracy, soft"},
                                          {"latency_cycles", "latency in cycles"}};
    const char *dont_care = json_string_value(json_object_get(folder, "dont_care"));
    char text[64];

    text_add(out, "<table>\n");
    add_row(out, "top", json_string_value(json_object_get(folder, "top_module")));
    add_row(out, "emitted for", json_string_value(json_object_get(folder, "target")));
    if (strcmp(dont_care != NULL ? dont_care : "none", "none") != 0)
        add_row(out, "don't-cares (lossy)", dont_care);
    for (size_t i = 0; i < 3; i++) {
        const json_t *value = json_object_get(folder, KEYS[i][0]);

        if (!json_is_number(value)) continue;
        if (i < 2)
            snprintf(text, sizeof text, "%.2f %%", 100.0 * json_number_value(value));
        else
            snprintf(text, sizeof text, "%.0f", json_number_value(value));
        add_row(out, KEYS[i][1], text);
    }
    text_add(out, "</table>\n");
}

/* One bar of `most` at full width, in the colours of the parts. */
static void add_bar(struct text *out, const json_t *parts, double most)
{
    double at = 0.0;

    text_add(out, "<svg viewBox=\"0 0 1000 22\" preserveAspectRatio=\"none\" role=\"img\">");
    for (size_t i = 0; i < NUM_PARTS; i++) {
        double size = most > 0.0 ? 1000.0 * number_of(parts, PARTS[i]) / most : 0.0;

        if (size <= 0.0 || at + size > 1000.5) continue;
        text_add(out,
                 "<rect x=\"%.2f\" y=\"2\" width=\"%.2f\" height=\"18\" fill=\"var(--%s)\">"
                 "<title>%s %.0f</title></rect>",
                 at, size, PARTS[i], PARTS[i], number_of(parts, PARTS[i]));
        at += size;
    }
    text_add(out, "</svg>");
}

static void add_key(struct text *out)
{
    text_add(out, "<p class=\"key\">");
    for (size_t i = 0; i < NUM_PARTS; i++)
        text_add(out, "<span><i style=\"background: var(--%s)\"></i>%s</span>", PARTS[i],
                 strcmp(PARTS[i], "group_sum") == 0 ? "class sums" : PARTS[i]);
    text_add(out, "</p>\n");
}

static void add_synth_row(struct text *out, const char *name, json_t *r, double most)
{
    static const char *const KEYS[] = {"luts", "physical_luts", "ffs", "carries", "muxes"};
    const json_t *parts = json_object_get(r, "luts_by_part");

    text_add(out, "<tr>");
    add_text_cell(out, name);
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++)
        add_number(out, r, KEYS[i], 0);
    for (size_t i = 0; i < NUM_PARTS; i++)
        add_number(out, parts, PARTS[i], 0);
    add_text_cell(out, json_string_value(json_object_get(r, "tool_version")));
    text_add(out, "</tr>\n<tr><td colspan=\"12\">");
    add_bar(out, parts, most);
    text_add(out, "</td></tr>\n");
}

static void add_synth(struct text *out, json_t *synth)
{
    const char *name;
    json_t *r;
    double most = 0.0;

    text_add(out, "<h2>Synthesis</h2>\n");
    add_key(out);
    text_add(out,
             "<table>\n<tr><th>target</th><th class=\"n\">LUTs</th><th class=\"n\">physical</th>"
             "<th class=\"n\">FF</th><th class=\"n\">carry</th><th class=\"n\">mux</th>"
             "<th class=\"n\">encoder</th><th class=\"n\">layers</th>"
             "<th class=\"n\">class sums</th><th class=\"n\">argmax</th>"
             "<th class=\"n\">other</th><th>tool</th></tr>\n");
    json_object_foreach(synth, name, r)
    {
        if (number_of(r, "luts") > most) most = number_of(r, "luts");
    }
    json_object_foreach(synth, name, r)
    {
        add_synth_row(out, name, r, most);
    }
    text_add(out, "</table>\n");
}

static void add_path(struct text *out, const json_t *path)
{
    size_t i;
    json_t *step;

    text_add(out, "<table>\n<tr><th>slowest path</th><th>cell</th><th>delay of</th>"
                  "<th class=\"n\">ns</th></tr>\n");
    json_array_foreach(path, i, step)
    {
        text_add(out, "<tr>");
        add_text_cell(out, json_string_value(json_object_get(step, "part")));
        text_add(out, "<td><code>");
        add_escaped(out, json_string_value(json_object_get(step, "cell")));
        text_add(out, "</code></td>");
        add_text_cell(out, json_string_value(json_object_get(step, "type")));
        add_number(out, step, "delay_ns", 2);
        text_add(out, "</tr>\n");
    }
    text_add(out, "</table>\n");
}

static void add_pnr(struct text *out, json_t *pnr)
{
    const char *name;
    json_t *r;

    text_add(out, "<h2>Place and route</h2>\n");
    json_object_foreach(pnr, name, r)
    {
        text_add(out, "<table>\n<tr><th>target</th><th>device</th><th class=\"n\">Fmax MHz</th>"
                      "<th class=\"n\">cells</th><th class=\"n\">of</th><th class=\"n\">pins</th>"
                      "<th class=\"n\">of</th><th>tool</th></tr>\n<tr>");
        add_text_cell(out, name);
        add_text_cell(out, json_string_value(json_object_get(r, "device")));
        add_number(out, r, "fmax_mhz", 1);
        add_number(out, r, "cells", 0);
        add_number(out, r, "cells_available", 0);
        add_number(out, r, "pins", 0);
        add_number(out, r, "pins_available", 0);
        add_text_cell(out, json_string_value(json_object_get(r, "tool_version")));
        text_add(out, "</tr>\n</table>\n");
        add_path(out, json_object_get(r, "critical_path"));
    }
}

static void add_cosim(struct text *out, json_t *cosim)
{
    const char *name;
    json_t *r;

    text_add(out, "<h2>Co-simulation against the C reference</h2>\n<table>\n<tr><th>what</th>"
                  "<th class=\"n\">vectors</th><th>verdict</th><th>tool</th></tr>\n");
    json_object_foreach(cosim, name, r)
    {
        double mismatches = number_of(r, "mismatches");

        text_add(out, "<tr>");
        add_text_cell(out, name);
        add_number(out, r, "vectors", 0);
        if (json_is_number(json_object_get(r, "mismatches")) && mismatches == 0.0)
            text_add(out, "<td>equal on all</td>");
        else
            text_add(out, "<td class=\"bad\">%.0f differ</td>", mismatches);
        add_text_cell(out, json_string_value(json_object_get(r, "tool_version")));
        text_add(out, "</tr>\n");
    }
    text_add(out, "</table>\n");
}

static void add_passes(struct text *out, const json_t *passes)
{
    size_t i;
    json_t *pass;

    text_add(out, "<h2>What the passes removed</h2>\n<table>\n");
    json_array_foreach(passes, i, pass)
    {
        text_add(out, "<tr>");
        add_text_cell(out, json_string_value(json_object_get(pass, "name")));
        add_number(out, pass, "removed", 0);
        text_add(out, "</tr>\n");
    }
    text_add(out, "</table>\n");
}

void report_html(const json_t *report, struct text *out)
{
    const json_t *folder = json_object_get(report, "folder");
    json_t *synth = json_object_get(report, "synth"), *pnr = json_object_get(report, "pnr");
    json_t *cosim = json_object_get(report, "cosim");
    const char *model = json_string_value(json_object_get(report, "model"));

    text_add_bytes(out, HEAD, sizeof HEAD - 1);
    text_add(out, "<title>");
    add_escaped(out, model);
    text_add(out, "</title>\n</head>\n<body>\n<h1>");
    add_escaped(out, model);
    text_add(out, "</h1>\n<p>build <code>");
    add_escaped(out, json_string_value(json_object_get(report, "build_id")));
    text_add(out, "</code></p>\n");
    if (json_is_object(folder)) add_folder(out, folder);
    if (json_object_size(synth) > 0) add_synth(out, synth);
    if (json_object_size(pnr) > 0) add_pnr(out, pnr);
    if (json_object_size(cosim) > 0) add_cosim(out, cosim);
    if (json_array_size(json_object_get(folder, "passes")) > 0)
        add_passes(out, json_object_get(folder, "passes"));
    text_add(out, "</body>\n</html>\n");
}
