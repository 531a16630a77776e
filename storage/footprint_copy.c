#include "storage/guard.h"

#include <stdlib.h>
#include <string.h>

/* Room that is handed out from the front. */
struct room {
    char *next;
};

static size_t aligned(size_t size) {
    return (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
}

size_t footprint_size(const struct footprint *footprint) {
    size_t size = aligned(sizeof *footprint);
    size += aligned(footprint->read_count * sizeof *footprint->reads);
    size += aligned(footprint->write_count * sizeof *footprint->writes);
    size += aligned(footprint->guard_count * sizeof *footprint->guards);
    size += aligned(footprint->definer_count * sizeof *footprint->definers);
    for (size_t i = 0; i < footprint->read_count; i++) {
        const struct footprint_read *read = &footprint->reads[i];
        size += read->accessor.length + read->table.length + read->column.length;
    }
    for (size_t i = 0; i < footprint->write_count; i++) {
        size += footprint->writes[i].table.length + footprint->writes[i].column.length;
    }
    for (size_t i = 0; i < footprint->guard_count; i++) size += footprint->guards[i].length;
    for (size_t i = 0; i < footprint->definer_count; i++) size += footprint->definers[i].length;
    return size;
}

static void *put(struct room *room, const void *data, size_t size) {
    void *place = room->next;
    if (size > 0) memcpy(place, data, size);
    room->next += aligned(size);
    return place;
}

static void put_str(struct room *room, struct str *s) {
    if (s->length > 0) memcpy(room->next, s->text, s->length);
    s->text = room->next;
    room->next += s->length;
}

struct footprint *footprint_copy(const struct footprint *footprint) {
    char *block = malloc(footprint_size(footprint));
    if (!block) return NULL;
    struct room room = {block};
    struct footprint *copy = put(&room, footprint, sizeof *footprint);
    struct footprint_read *reads = put(&room, footprint->reads, footprint->read_count * sizeof *reads);
    struct footprint_write *writes = put(&room, footprint->writes, footprint->write_count * sizeof *writes);
    struct str *guards = put(&room, footprint->guards, footprint->guard_count * sizeof *guards);
    struct str *definers = put(&room, footprint->definers, footprint->definer_count * sizeof *definers);

    for (size_t i = 0; i < copy->read_count; i++) {
        put_str(&room, &reads[i].accessor);
        put_str(&room, &reads[i].table);
        put_str(&room, &reads[i].column);
    }
    for (size_t i = 0; i < copy->write_count; i++) {
        put_str(&room, &writes[i].table);
        put_str(&room, &writes[i].column);
    }
    for (size_t i = 0; i < copy->guard_count; i++) put_str(&room, &guards[i]);
    for (size_t i = 0; i < copy->definer_count; i++) put_str(&room, &definers[i]);

    copy->reads = reads;
    copy->writes = writes;
    copy->guards = guards;
    copy->definers = definers;
    return copy;
}
