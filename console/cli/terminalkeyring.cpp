// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/terminalkeyring.h"

#include <QCoreApplication>
#include <QEvent>

namespace tapio::console {

TerminalKeyring::TerminalKeyring() = default;
TerminalKeyring::~TerminalKeyring()
{
    if (m_application) // what is to be deleted later would never be
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
}

DesktopKeyring &TerminalKeyring::desktop()
{
    if (!m_application) {
        static int count = 1; // Qt keeps both for as long as it lives
        static char name[] = "tapio";
        static char *arguments[] = {name, nullptr};
        m_application = std::make_unique<QCoreApplication>(count, arguments);
    }
    return m_desktop;
}

Result<std::string> TerminalKeyring::read(const std::string &name) { return desktop().read(name); }
Status TerminalKeyring::write(const std::string &name, const std::string &secret) { return desktop().write(name, secret); }
Status TerminalKeyring::remove(const std::string &name) { return desktop().remove(name); }

} // namespace tapio::console
