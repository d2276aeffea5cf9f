#include "results/conveyor.h"

#include <pthread.h>
#include <stdlib.h>

struct belt {
    const struct conveyor *conveyor;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t taken, delivered; // pieces; those between are made, or being made
    bool *made;              // [slot]
    bool stopped;
};

struct worker {
    struct belt *belt;
    size_t thread;
    pthread_t id;
};

// Takes whatever can be done next. Delivering comes first, since it frees a slot; only thread 0
// does.
static void work(struct belt *belt, size_t thread)
{
    const struct conveyor *c = belt->conveyor;
    pthread_mutex_lock(&belt->lock);
    while (!belt->stopped && belt->delivered < c->count) {
        size_t next = belt->delivered % c->slots;
        if (thread == 0 && belt->made[next]) {
            pthread_mutex_unlock(&belt->lock);
            bool good = c->deliver(c->context, belt->delivered, next);
            pthread_mutex_lock(&belt->lock);
            belt->made[next] = false;
            belt->delivered++;
            belt->stopped = !good;
            pthread_cond_broadcast(&belt->changed);
        } else if (belt->taken < c->count && belt->taken - belt->delivered < c->slots) {
            size_t piece = belt->taken++, slot = piece % c->slots;
            pthread_mutex_unlock(&belt->lock);
            c->make(c->context, piece, slot, thread);
            pthread_mutex_lock(&belt->lock);
            belt->made[slot] = true;
            if (piece == belt->delivered)
                pthread_cond_broadcast(&belt->changed);
        } else if (thread != 0 && belt->taken == c->count) {
            break;
        } else {
            pthread_cond_wait(&belt->changed, &belt->lock);
        }
    }
    pthread_mutex_unlock(&belt->lock);
}

static void *worker_run(void *worker)
{
    work(((struct worker *)worker)->belt, ((struct worker *)worker)->thread);
    return NULL;
}

bool conveyor_run(const struct conveyor *conveyor)
{
    struct belt belt = {.conveyor = conveyor,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .changed = PTHREAD_COND_INITIALIZER};
    struct worker *workers = calloc(conveyor->threads, sizeof *workers);
    size_t started = 1;
    belt.made = calloc(conveyor->slots, sizeof *belt.made);
    if (belt.made == NULL || workers == NULL) { // one piece after the other needs neither
        for (size_t i = 0; i < conveyor->count && !belt.stopped; i++) {
            conveyor->make(conveyor->context, i, 0, 0);
            belt.stopped = !conveyor->deliver(conveyor->context, i, 0);
        }
    } else {
        for (; started < conveyor->threads; started++) {
            workers[started] = (struct worker){.belt = &belt, .thread = started};
            if (pthread_create(&workers[started].id, NULL, worker_run, &workers[started]) != 0)
                break;
        }
        work(&belt, 0);
        for (size_t i = 1; i < started; i++)
            pthread_join(workers[i].id, NULL);
    }
    free(belt.made);
    free(workers);
    return !belt.stopped;
}
