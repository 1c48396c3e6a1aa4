// What a group of items finds together about one row: on a processor the group is one item with vectors,
// elsewhere LANES items with a tree in local memory.

static float lanes_sum(F x) {
#if WIDTH == 16
    float8 eight = x.lo + x.hi;
    float4 four = eight.lo + eight.hi;
    float2 two = four.lo + four.hi;
    return two.x + two.y;
#else
    return x;
#endif
}

// Skips NaN, as fmax does.
static float lanes_max(F x) {
#if WIDTH == 16
    float8 eight = fmax(x.lo, x.hi);
    float4 four = fmax(eight.lo, eight.hi);
    float2 two = fmax(four.lo, four.hi);
    return fmax(two.x, two.y);
#else
    return x;
#endif
}

#if LANES > 1
#define ROOM __local float *room
#define ROOM_OF(name) __local float name[LANES]
#else
#define ROOM float *room
#define ROOM_OF(name) float name[1]
#endif

static float group_sum(F x, ROOM) {
    float sum = lanes_sum(x);
#if LANES > 1
    const uint lane = get_local_id(0);
    room[lane] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint step = LANES / 2; step > 0; step /= 2) {
        if (lane < step) room[lane] += room[lane + step];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    sum = room[0];
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
    return sum;
}

static float group_max(F x, ROOM) {
    float largest = lanes_max(x);
#if LANES > 1
    const uint lane = get_local_id(0);
    room[lane] = largest;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint step = LANES / 2; step > 0; step /= 2) {
        if (lane < step) room[lane] = fmax(room[lane], room[lane + step]);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    largest = room[0];
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
    return largest;
}
