// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "protocol/base/result.h"

namespace tapio::agent {

/// Waits for kernel programs that began before. One thread; the destructor gives back what it took.
class KernelGrace {
public:
    KernelGrace() = default;
    ~KernelGrace();
    KernelGrace(const KernelGrace &) = delete;
    KernelGrace &operator=(const KernelGrace &) = delete;

    /// Takes what wait() needs, once: two small maps. Errors: the kernel's.
    Status open();
    /// Returns when no program of any kind but sleepable ones is running any more that was running at the call. Some milliseconds. Only
    /// after open(). Errors: the kernel's, and then nothing was waited for.
    Status wait();

private:
    int m_inner = -1, m_outer = -1;
};

} // namespace tapio::agent
