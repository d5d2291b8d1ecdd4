#include "synthetic.h"

#include "base/rng.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { SIDE = SYNTHETIC_SIDE, MAX_POINTS = 12, SPAN_STEPS = 4 };

static const uint64_t set_seed = 20240229;

struct point {
    double x, y;
};

/* A stroke through points of the unit square, y downwards: straight lines or a smooth curve
 * (Catmull and Rom). */
struct stroke {
    bool curved;
    size_t count;
    struct point points[MAX_POINTS];
};

/* One way of writing a digit. */
struct glyph {
    uint16_t digit;
    size_t count;
    struct stroke strokes[3];
};

/* clang-format off */
static const struct glyph glyphs[] = {
    {0, 1, {{true, 9, {{.50, .02}, {.24, .12}, {.12, .45}, {.22, .85}, {.50, .98}, {.78, .86},
                       {.88, .48}, {.76, .13}, {.50, .02}}}}},
    {0, 1, {{true, 9, {{.62, .03}, {.30, .15}, {.18, .50}, {.24, .86}, {.45, .98}, {.70, .82},
                       {.82, .45}, {.74, .12}, {.50, .06}}}}},
    {1, 1, {{false, 2, {{.50, .02}, {.50, .98}}}}},
    {1, 1, {{false, 3, {{.30, .24}, {.52, .02}, {.52, .98}}}}},
    {1, 2, {{false, 3, {{.30, .22}, {.52, .02}, {.52, .98}}},
            {false, 2, {{.28, .98}, {.76, .98}}}}},
    {2, 2, {{true, 6, {{.16, .26}, {.34, .05}, {.68, .06}, {.80, .32}, {.52, .66}, {.14, .97}}},
            {false, 2, {{.14, .97}, {.86, .95}}}}},
    {2, 1, {{true, 9, {{.18, .22}, {.46, .02}, {.78, .20}, {.68, .52}, {.32, .86}, {.16, .92},
                       {.30, .80}, {.52, .92}, {.86, .92}}}}},
    {3, 1, {{true, 9, {{.18, .14}, {.48, .02}, {.76, .20}, {.62, .44}, {.42, .48}, {.70, .56},
                       {.82, .78}, {.50, .98}, {.14, .86}}}}},
    {3, 2, {{false, 3, {{.18, .04}, {.78, .04}, {.46, .42}}},
            {true, 5, {{.46, .42}, {.74, .50}, {.82, .74}, {.52, .98}, {.16, .88}}}}},
    {4, 2, {{false, 3, {{.30, .04}, {.16, .58}, {.86, .58}}},
            {false, 2, {{.68, .24}, {.66, .98}}}}},
    {4, 1, {{false, 4, {{.66, .98}, {.66, .02}, {.12, .66}, {.88, .66}}}}},
    {5, 2, {{false, 3, {{.78, .04}, {.28, .04}, {.24, .42}}},
            {true, 6, {{.24, .42}, {.52, .36}, {.80, .54}, {.76, .82}, {.46, .98}, {.14, .88}}}}},
    {5, 1, {{true, 8, {{.80, .03}, {.36, .06}, {.24, .38}, {.50, .40}, {.78, .58}, {.72, .86},
                       {.42, .98}, {.14, .86}}}}},
    {6, 1, {{true, 9, {{.70, .03}, {.36, .24}, {.18, .62}, {.30, .94}, {.60, .97}, {.80, .76},
                       {.62, .54}, {.36, .60}, {.22, .76}}}}},
    {6, 1, {{true, 9, {{.48, .02}, {.28, .34}, {.20, .72}, {.38, .97}, {.68, .92}, {.78, .68},
                       {.56, .52}, {.32, .64}, {.22, .80}}}}},
    {7, 1, {{false, 3, {{.14, .06}, {.84, .06}, {.40, .98}}}}},
    {7, 2, {{false, 3, {{.16, .06}, {.82, .06}, {.42, .98}}},
            {false, 2, {{.34, .50}, {.78, .48}}}}},
    {7, 1, {{true, 6, {{.14, .16}, {.34, .06}, {.80, .08}, {.66, .36}, {.48, .66}, {.42, .98}}}}},
    {8, 1, {{true, 11, {{.70, .16}, {.44, .02}, {.22, .22}, {.44, .44}, {.74, .66}, {.68, .92},
                        {.40, .98}, {.20, .78}, {.42, .52}, {.74, .30}, {.68, .12}}}}},
    {8, 2, {{true, 6, {{.50, .02}, {.26, .22}, {.50, .46}, {.74, .22}, {.50, .02}, {.40, .06}}},
            {true, 7, {{.50, .46}, {.22, .64}, {.28, .92}, {.54, .98}, {.80, .80}, {.70, .54},
                       {.50, .46}}}}},
    {9, 1, {{true, 9, {{.78, .24}, {.54, .02}, {.24, .16}, {.24, .44}, {.50, .54}, {.74, .36},
                       {.78, .20}, {.76, .60}, {.60, .98}}}}},
    {9, 2, {{true, 6, {{.76, .20}, {.50, .03}, {.24, .24}, {.40, .50}, {.68, .42}, {.76, .18}}},
            {false, 2, {{.76, .12}, {.72, .98}}}}},
};
/* clang-format on */

/* How one sample differs from its glyph. */
struct hand {
    double xx, xy, yx, yy; /* unit square, centred, to pixels */
    double x, y;           /* centre in pixels */
    double wobble;         /* of a stroke's points, in the unit square */
    double radius, ink;    /* of the pen in pixels; darkness at its middle, 0 .. 255 */
    double speckle;        /* fraction of the pixels */
};

static double between(struct rng *rng, double low, double high)
{
    return low + (high - low) * rng_double(rng);
}

/* Sum of three uniforms: bell-shaped within +-1, and without libm. */
static double bell(struct rng *rng)
{
    double sum = rng_double(rng);

    sum += rng_double(rng);
    sum += rng_double(rng);
    return sum / 1.5 - 1.0;
}

static void take_hand(struct rng *rng, struct hand *hand)
{
    double half = 0.27 * bell(rng); /* tangent of half the angle: within 30 degrees */
    double cosine = (1.0 - half * half) / (1.0 + half * half);
    double sine = 2.0 * half / (1.0 + half * half);
    double width = between(rng, 9.0, 20.0), height = between(rng, 14.0, 22.0);
    double slant = -0.15 + 0.5 * bell(rng);

    hand->xx = cosine * width;
    hand->xy = cosine * slant * height - sine * height;
    hand->yx = sine * width;
    hand->yy = sine * slant * height + cosine * height;
    hand->x = 13.5 + 3.0 * bell(rng);
    hand->y = 13.5 + 3.0 * bell(rng);
    hand->wobble = between(rng, 0.04, 0.15);
    hand->radius = between(rng, 0.7, 1.8);
    hand->ink = between(rng, 150.0, 255.0);
    hand->speckle = between(rng, 0.0, 0.02);
}

/* Pen pressed along the segment a to b: a soft edge one pixel wide. */
static void draw_segment(const struct hand *hand, struct point a, struct point b, uint8_t *pixels)
{
    double reach = hand->radius + 0.5;
    double dx = b.x - a.x, dy = b.y - a.y, square = dx * dx + dy * dy;
    int left = (int)floor((a.x < b.x ? a.x : b.x) - reach);
    int right = (int)floor((a.x > b.x ? a.x : b.x) + reach) + 1;
    int top = (int)floor((a.y < b.y ? a.y : b.y) - reach);
    int bottom = (int)floor((a.y > b.y ? a.y : b.y) + reach) + 1;

    for (int y = top < 0 ? 0 : top; y <= bottom && y < SIDE; y++) {
        for (int x = left < 0 ? 0 : left; x <= right && x < SIDE; x++) {
            double px = x - a.x, py = y - a.y;
            double along = square > 0.0 ? (px * dx + py * dy) / square : 0.0;
            double cover, grey;

            along = along < 0.0 ? 0.0 : along > 1.0 ? 1.0 : along;
            px -= along * dx;
            py -= along * dy;
            cover = reach - sqrt(px * px + py * py);
            if (cover <= 0.0) continue;
            grey = hand->ink * (cover < 1.0 ? cover : 1.0);
            if (grey > pixels[y * SIDE + x]) pixels[y * SIDE + x] = (uint8_t)grey;
        }
    }
}

/* The curve of Catmull and Rom from b to c at part t. */
static double spline(double a, double b, double c, double d, double t)
{
    return b +
           0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)));
}

static void draw_stroke(const struct hand *hand, const struct stroke *stroke,
                        const struct point *points, uint8_t *pixels)
{
    size_t steps = stroke->curved ? SPAN_STEPS : 1;
    struct point from = points[0];

    for (size_t i = 0; i + 1 < stroke->count; i++) {
        struct point a = points[i > 0 ? i - 1 : 0], b = points[i], c = points[i + 1];
        struct point d = points[i + 2 < stroke->count ? i + 2 : i + 1];

        for (size_t s = 1; s <= steps; s++) {
            double t = (double)s / (double)steps;
            struct point to = c;

            if (s < steps) {
                to.x = spline(a.x, b.x, c.x, d.x, t);
                to.y = spline(a.y, b.y, c.y, d.y, t);
            }
            draw_segment(hand, from, to, pixels);
            from = to;
        }
    }
}

static void draw_glyph(struct rng *rng, const struct hand *hand, const struct glyph *glyph,
                       uint8_t *pixels)
{
    for (size_t s = 0; s < glyph->count; s++) {
        const struct stroke *stroke = &glyph->strokes[s];
        struct point points[MAX_POINTS];

        for (size_t i = 0; i < stroke->count; i++) {
            double x = stroke->points[i].x - 0.5 + hand->wobble * bell(rng);
            double y = stroke->points[i].y - 0.5 + hand->wobble * bell(rng);

            points[i].x = hand->x + hand->xx * x + hand->xy * y;
            points[i].y = hand->y + hand->yx * x + hand->yy * y;
        }
        draw_stroke(hand, stroke, points, pixels);
    }
}

uint16_t synthetic_draw(uint64_t seed, uint64_t index, uint8_t *pixels)
{
    enum { COUNT = sizeof glyphs / sizeof glyphs[0] };
    struct rng rng;
    struct hand hand;
    uint16_t digit;
    size_t glyph;

    rng_seed(&rng, seed, index);
    digit = (uint16_t)rng_below(&rng, 10);
    do
        glyph = (size_t)rng_below(&rng, COUNT);
    while (glyphs[glyph].digit != digit);
    take_hand(&rng, &hand);
    memset(pixels, 0, (size_t)SIDE * SIDE);
    draw_glyph(&rng, &hand, &glyphs[glyph], pixels);
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
        if (rng_double(&rng) < hand.speckle) pixels[i] = (uint8_t)rng_below(&rng, 256);
    }
    return digit;
}

enum err_status synthetic_read(struct raw **out, size_t first, size_t count, struct err *err)
{
    enum err_status status = raw_create(out, count, (size_t)SIDE * SIDE, true, err);

    if (status != ERR_OK) return status;
    for (size_t i = 0; i < count; i++) {
        (*out)->labels[i] =
            synthetic_draw(set_seed, first + i, (*out)->bytes + i * (size_t)SIDE * SIDE);
    }
    return ERR_OK;
}
