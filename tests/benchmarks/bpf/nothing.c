// SPDX-License-Identifier: GPL-3.0-or-later
// What bench_bpf starts: the smallest process there is, so that the cost of starting it is not hidden behind its own.
int main(void)
{
    return 0;
}
