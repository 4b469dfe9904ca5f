// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/firststart.h"

#include <QCoreApplication>

namespace tapio::console {

StateText firstStartState(const LinkSummary &link)
{
    const auto tr = [](const char *text) { return QCoreApplication::translate("tapio::console::FirstStart", text); };
    StateText state;
    if (!link.up) {
        state.icon = QStringLiteral("link-off");
        state.problem = !link.error.isEmpty();
        state.headline = link.embedded ? tr("The console is not listening for agents") : tr("No link to the server %1").arg(link.endpoint);
        state.sentence = link.error.isEmpty() ? tr("It is tried again until it works.") : tr("It is tried again; the last error was:");
        state.verbatim = link.error;
        return state;
    }
    state.icon = QStringLiteral("terminal");
    state.headline = tr("No data: no agent has connected");
    state.sentence = link.embedded ? tr("This console listens on %1. To see this machine: make a certificate for it, then start the agent.").arg(link.endpoint)
                                   : tr("The server %1 knows no agent yet. On a node: make a certificate for it, then start the agent.").arg(link.endpoint);
    const QString certificates = QStringLiteral("~/.config/tapio/pki/issued/node-$(hostname)");
    state.commands = {QStringLiteral("tapio pki issue node $(hostname)"),
                      QStringLiteral("sudo tapio-agent --node $(hostname) --server %1 --ca %2/ca.crt --cert %2/cert.pem --key %2/key.pem").arg(link.endpoint, certificates),
                      QStringLiteral("tapio check")};
    return state;
}

} // namespace tapio::console
