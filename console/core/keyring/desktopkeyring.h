// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "console/core/sources/keyring.h"

namespace tapio::console {

/// The key ring of the desktop: the Secret Service (GNOME and others) or KWallet, by QtKeychain. Never a file of its own. It may ask its owner to
/// unlock it, so each call can take as long as that does. Of the thread of the application object, which there must be; while a call waits, that
/// thread's events go on.
class DesktopKeyring final : public Keyring {
public:
    explicit DesktopKeyring(std::chrono::milliseconds longest = std::chrono::minutes(2)) : m_longest(longest) {}

    Result<std::string> read(const std::string &name) override;
    Status write(const std::string &name, const std::string &secret) override;
    Status remove(const std::string &name) override;

private:
    std::chrono::milliseconds m_longest;
};

/// As DesktopKeyring::read, without waiting, for as long as it takes: `taken` is called once, on this thread.
void readSecretLater(const std::string &name, std::function<void(Result<std::string>)> taken);

} // namespace tapio::console
