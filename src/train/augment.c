#include "augment.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>

enum { GRID = 5 }; /* knots of the elastic field a side */

/* Where output pixel (y, x) reads the input. */
struct field {
    double cosine, sine, down, right; /* turn about the middle, then move */
    double bend_y[GRID][GRID], bend_x[GRID][GRID];
};

enum err_status augment_create(struct augment *augment, const struct config *config,
                               const struct dataset *dataset, struct err *err)
{
    *augment = (struct augment){
        .channels = dataset->channels,
        .height = dataset->height,
        .width = dataset->width,
        .shift = config->training.augment_shift,
        .rotation = config->training.augment_rotation,
        .elastic = config->training.augment_elastic,
        .noise = config->training.augment_noise,
        .max_code = (double)((1U << config->input_bits) - 1),
    };
    augment->enabled =
        augment->shift > 0 || augment->rotation > 0 || augment->elastic > 0 || augment->noise > 0;
    if (augment->enabled && dataset->height < 2)
        return config_complain(config, "training", err,
                               "augmentation moves pixels of images, but data set %s has rows of "
                               "%zu features: remove the augment_ keys",
                               dataset->name, dataset->num_features);
    return ERR_OK;
}

static double symmetric(struct rng *rng, double bound)
{
    return bound * (2 * rng_double(rng) - 1);
}

/* Whole pixels when nothing else needs sampling between pixels: the shift then costs no blur. */
static double shift_by(const struct augment *augment, struct rng *rng)
{
    double by = symmetric(rng, augment->shift + 0.499);

    if (augment->rotation > 0 || augment->elastic > 0) return symmetric(rng, augment->shift);
    return augment->shift > 0 ? round(by) : 0;
}

static void draw_field(const struct augment *augment, struct rng *rng, struct field *field)
{
    double angle = symmetric(rng, augment->rotation) * 3.14159265358979323846 / 180;

    field->cosine = cos(angle);
    field->sine = sin(angle);
    field->down = shift_by(augment, rng);
    field->right = shift_by(augment, rng);
}

static void draw_bend(const struct augment *augment, struct rng *rng, struct field *field)
{
    for (int i = 0; i < GRID; i++) {
        for (int k = 0; k < GRID; k++) {
            field->bend_y[i][k] = symmetric(rng, augment->elastic);
            field->bend_x[i][k] = symmetric(rng, augment->elastic);
        }
    }
}

/* Rows copied: what sampling gives when every position is a whole pixel. */
static void move(const struct augment *augment, const struct field *field, const uint16_t *in,
                 uint16_t *out)
{
    long height = (long)augment->height, width = (long)augment->width;
    long down = (long)field->down, right = (long)field->right;
    long first = right < 0 ? -right : 0, end = right > 0 ? width - right : width;

    memset(out, 0, augment->channels * augment->height * augment->width * sizeof *out);
    for (size_t c = 0; c < augment->channels && first < end; c++) {
        for (long y = 0; y < height; y++) {
            long row = (long)c * height + y;

            if (y + down < 0 || y + down >= height) continue;
            memcpy(out + row * width + first, in + (row + down) * width + first + right,
                   (size_t)(end - first) * sizeof *out);
        }
    }
}

static double bilinear_grid(const double grid[GRID][GRID], double y, double x)
{
    int i = (int)y < GRID - 1 ? (int)y : GRID - 2, k = (int)x < GRID - 1 ? (int)x : GRID - 2;
    double v = y - i, u = x - k;

    return (1 - v) * ((1 - u) * grid[i][k] + u * grid[i][k + 1]) +
           v * ((1 - u) * grid[i + 1][k] + u * grid[i + 1][k + 1]);
}

static double pixel(const struct augment *augment, const uint16_t *plane, long y, long x)
{
    if (y < 0 || x < 0 || y >= (long)augment->height || x >= (long)augment->width) return 0;
    return plane[(size_t)y * augment->width + (size_t)x];
}

static double bilinear_pixel(const struct augment *augment, const uint16_t *plane, double y,
                             double x)
{
    long i = (long)floor(y), k = (long)floor(x);
    double v = y - (double)i, u = x - (double)k;
    double top = (1 - u) * pixel(augment, plane, i, k) + u * pixel(augment, plane, i, k + 1);
    double low =
        (1 - u) * pixel(augment, plane, i + 1, k) + u * pixel(augment, plane, i + 1, k + 1);

    return (1 - v) * top + v * low;
}

/* Input position of output pixel (row, column). */
static void source_of(const struct augment *augment, const struct field *field, size_t row,
                      size_t column, double *y, double *x)
{
    double middle_y = ((double)augment->height - 1) / 2,
           middle_x = ((double)augment->width - 1) / 2;
    double dy = (double)row - middle_y, dx = (double)column - middle_x;

    *y = middle_y + field->cosine * dy + field->sine * dx + field->down;
    *x = middle_x - field->sine * dy + field->cosine * dx + field->right;
    if (augment->elastic > 0) {
        double v = (double)row * (GRID - 1) / (double)(augment->height - 1);
        double u =
            augment->width > 1 ? (double)column * (GRID - 1) / (double)(augment->width - 1) : 0;

        *y += bilinear_grid(field->bend_y, v, u);
        *x += bilinear_grid(field->bend_x, v, u);
    }
}

void augment_sample(const struct augment *augment, uint64_t seed, uint64_t sample,
                    const uint16_t *in, uint16_t *out)
{
    size_t plane = augment->height * augment->width;
    struct field field;
    struct rng rng;

    rng_seed(&rng, seed, sample);
    draw_field(augment, &rng, &field);
    if (augment->rotation <= 0 && augment->elastic <= 0 && augment->noise <= 0) {
        move(augment, &field, in, out);
        return;
    }
    draw_bend(augment, &rng, &field);
    for (size_t i = 0; i < plane; i++) {
        double y, x;

        source_of(augment, &field, i / augment->width, i % augment->width, &y, &x);
        for (size_t c = 0; c < augment->channels; c++) {
            double value = bilinear_pixel(augment, in + c * plane, y, x);

            if (augment->noise > 0) value += symmetric(&rng, augment->noise);
            value = fmin(fmax(value, 0), augment->max_code);
            out[c * plane + i] = (uint16_t)(value + 0.5);
        }
    }
}
