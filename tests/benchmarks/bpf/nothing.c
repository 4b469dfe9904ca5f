// SPDX-License-Identifier: GPL-3.0-or-later
// What bench_bpf starts: the smallest process there is, without a C library, so that the cost of watching it start and end
// is not hidden behind its own.
void _start(void)
{
#if defined(__x86_64__)
    __asm__ volatile("mov $60, %eax\n xor %edi, %edi\n syscall");
#elif defined(__aarch64__)
    __asm__ volatile("mov x8, #93\n mov x0, #0\n svc #0");
#else
#error "write exit(0) for this machine"
#endif
}
