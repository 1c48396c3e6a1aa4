// Values made from nothing.

#ifdef KIND
// 0, 1, 2, … along one axis: `inner` elements stand below each step of it.
GROUP __kernel void count_up(OUT(STORED(KIND), out), const ulong count, const ulong size, const ulong inner) {
    const ulong id = get_global_id(0);
    if (id >= count) return;
    STORE(KIND, CONVERT((long)(id / inner % size)), BEGIN(out), id);
}
#endif

#ifdef INDEX_KIND
// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3, 2011): four numbers an
// item.
GROUP __kernel void random_uniform(
    OUT(float, out), IN(STORED(INDEX_KIND), counter), const ulong count, const uint seed_low, const uint seed_high
) {
    const ulong block = get_global_id(0);
    if (block * 4 >= count) return;
    const ulong run = (ulong)(long)BEGIN(counter)[0];
    uint4 word = (uint4)((uint)block, (uint)(block >> 32), (uint)run, (uint)(run >> 32));
    uint2 key = (uint2)(seed_low, seed_high);
    for (int round = 0; round < 10; round++) {
        const uint even_low = word.x * 0xD2511F53u, even_high = mul_hi(word.x, 0xD2511F53u);
        const uint odd_low = word.z * 0xCD9E8D57u, odd_high = mul_hi(word.z, 0xCD9E8D57u);
        word = (uint4)(odd_high ^ word.y ^ key.x, odd_low, even_high ^ word.w ^ key.y, even_low);
        key += (uint2)(0x9E3779B9u, 0xBB67AE85u);
    }
    const uint words[4] = {word.x, word.y, word.z, word.w};
    for (ulong lane = 0; lane < 4 && block * 4 + lane < count; lane++)
        BEGIN(out)[block * 4 + lane] = (float)(words[lane] >> 8) * 0x1p-24f;
}
#endif
