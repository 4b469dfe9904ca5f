// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <utility>

namespace tapio::wire {

/// A value on the heap that copies and compares like one in place. For the large part of a structure that shares a variant with
/// small ones. Without one it reads as T(), and costs no memory until it is written to. As safe across threads as a T.
template <typename T> class Boxed {
public:
    Boxed() = default;
    Boxed(T value) : m_value(std::make_unique<T>(std::move(value))) {}
    Boxed(const Boxed &other) : m_value(other.m_value ? std::make_unique<T>(*other.m_value) : nullptr) {}
    Boxed(Boxed &&) noexcept = default;
    Boxed &operator=(const Boxed &other)
    {
        if (this != &other)
            m_value = other.m_value ? std::make_unique<T>(*other.m_value) : nullptr;
        return *this;
    }
    Boxed &operator=(Boxed &&) noexcept = default;
    ~Boxed() = default;

    const T &operator*() const noexcept { return m_value ? *m_value : empty(); }
    const T *operator->() const noexcept { return &**this; }
    T &operator*()
    {
        if (!m_value)
            m_value = std::make_unique<T>();
        return *m_value;
    }
    T *operator->() { return &**this; }

    /// Whether memory is taken for it.
    bool isHeld() const noexcept { return m_value != nullptr; }

    bool operator==(const Boxed &other) const { return **this == *other; }

private:
    static const T &empty() noexcept
    {
        static const T value{};
        return value;
    }

    std::unique_ptr<T> m_value;
};

} // namespace tapio::wire
