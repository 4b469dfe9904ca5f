// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "console/core/keyring/desktopkeyring.h"

class QCoreApplication;

namespace tapio::console {

/// The desktop's key ring for a program without an application object: it has one of its own once the key ring is needed. Of the main thread.
class TerminalKeyring final : public Keyring {
public:
    TerminalKeyring();
    ~TerminalKeyring() override;

    Result<std::string> read(const std::string &name) override;
    Status write(const std::string &name, const std::string &secret) override;
    Status remove(const std::string &name) override;

private:
    DesktopKeyring &desktop();

    std::unique_ptr<QCoreApplication> m_application;
    DesktopKeyring m_desktop;
};

} // namespace tapio::console
