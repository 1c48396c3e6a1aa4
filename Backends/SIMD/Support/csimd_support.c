#define _GNU_SOURCE
#include "csimd_support.h"

#if defined(__x86_64__)
#include <cpuid.h>

// Which register files the operating system saves: XCR0. Only legal to read when OSXSAVE is set.
static uint64_t saved_state(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((uint64_t)high << 32) | low;
}

static bool features(uint32_t *leaf1_ecx, uint32_t *leaf7_ebx, uint64_t *state) {
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return false;
    *leaf1_ecx = c;
    if (!(c & bit_OSXSAVE)) return false;
    *state = saved_state();
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
    *leaf7_ebx = b;
    return true;
}

bool attend_cpu_has_avx2_fma(void) {
    uint32_t ecx, ebx;
    uint64_t state;
    if (!features(&ecx, &ebx, &state)) return false;
    const uint64_t ymm = 0x6;  // SSE and AVX halves
    const uint32_t needed1 = bit_FMA | bit_AVX | bit_MOVBE | bit_F16C;
    const uint32_t needed7 = bit_AVX2 | bit_BMI | bit_BMI2;
    return (state & ymm) == ymm && (ecx & needed1) == needed1 && (ebx & needed7) == needed7;
}

bool attend_cpu_has_avx512(void) {
    uint32_t ecx, ebx;
    uint64_t state;
    if (!attend_cpu_has_avx2_fma() || !features(&ecx, &ebx, &state)) return false;
    const uint64_t zmm = 0xe6;  // SSE, AVX, mask registers, upper halves, registers 16-31
    const uint32_t needed7 = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL | bit_AVX512CD;
    return (state & zmm) == zmm && (ebx & needed7) == needed7;
}
#else
bool attend_cpu_has_avx2_fma(void) { return false; }
bool attend_cpu_has_avx512(void) { return false; }
#endif

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

void attend_wait(const uint32_t *word, uint32_t expected) {
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, (void *)0, (void *)0, 0);
}

void attend_wake(const uint32_t *word, int32_t count) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, (void *)0, (void *)0, 0);
}
#elif defined(_WIN32)
void attend_wait(const uint32_t *word, uint32_t expected) {
    if (__atomic_load_n(word, __ATOMIC_ACQUIRE) == expected) attend_pause();
}
void attend_wake(const uint32_t *word, int32_t count) { (void)word; (void)count; }
#else
#include <time.h>

void attend_wait(const uint32_t *word, uint32_t expected) {
    if (__atomic_load_n(word, __ATOMIC_ACQUIRE) != expected) return;
    struct timespec nap = {0, 50000};
    nanosleep(&nap, (struct timespec *)0);
}

void attend_wake(const uint32_t *word, int32_t count) { (void)word; (void)count; }
#endif
