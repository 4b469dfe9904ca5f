// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/firststart.h"

#include <QCoreApplication>

#include <algorithm>

namespace tapio::console {

namespace {

QString tr(const char *text) { return QCoreApplication::translate("tapio::console", text); }

bool isPlain(QChar c)
{
    return (c >= QLatin1Char('a') && c <= QLatin1Char('z')) || (c >= QLatin1Char('A') && c <= QLatin1Char('Z'))
           || (c >= QLatin1Char('0') && c <= QLatin1Char('9')) || QStringLiteral("-._/:@%+=,").contains(c);
}

/// The address that an agent on this machine dials: a server that listens everywhere is reached on the loopback.
QString dialled(const QString &endpoint)
{
    if (endpoint.startsWith(QLatin1String("0.0.0.0:")))
        return QStringLiteral("127.0.0.1") + endpoint.mid(7);
    if (endpoint.startsWith(QLatin1String("[::]:")))
        return QStringLiteral("[::1]") + endpoint.mid(4);
    return endpoint;
}

QStringList steps(const QString &node, const QString &folder, const QString &server, const SetupFacts &setup)
{
    const QString pki = setup.standardPki ? QString() : QStringLiteral(" --pki ") + shellWord(setup.pkiFolder);
    const auto file = [&folder](const char *name) { return shellWord(folder + QLatin1Char('/') + QLatin1String(name)); };
    return {QStringLiteral("tapio pki issue%1 --ensure node %2").arg(pki, node),
            QStringLiteral("sudo tapio-agent --node %1 --server %2 --ca %3 --cert %4 --key %5 --crl %6")
                .arg(node, shellWord(server), file("ca.crt"), file("cert.pem"), file("key.pem"), file("crl.pem")),
            QStringLiteral("tapio check%1").arg(pki)};
}

StateText linkDown(const LinkSummary &link)
{
    StateText state;
    state.icon = QStringLiteral("link-off");
    state.problem = !link.error.isEmpty();
    state.headline = link.embedded ? tr("The console is not listening for agents") : tr("No link to the server %1").arg(link.endpoint);
    state.sentence = link.error.isEmpty() ? tr("It is tried again until it works.") : tr("It is tried again; the last error was:");
    state.verbatim = link.error;
    return state;
}

} // namespace

QString certificateName(const QString &host)
{
    QString name;
    for (QChar c : host) {
        if (c >= QLatin1Char('A') && c <= QLatin1Char('Z'))
            c = c.toLower();
        else if (c == QLatin1Char('_'))
            c = QLatin1Char('-');
        if ((c >= QLatin1Char('a') && c <= QLatin1Char('z')) || (c >= QLatin1Char('0') && c <= QLatin1Char('9')) || c == QLatin1Char('.')
            || c == QLatin1Char('-'))
            name += c;
    }
    return name.isEmpty() ? QStringLiteral("localhost") : name;
}

QString shellWord(const QString &text)
{
    if (!text.isEmpty() && std::all_of(text.begin(), text.end(), isPlain))
        return text;
    return QLatin1Char('\'') + QString(text).replace(QLatin1Char('\''), QLatin1String("'\\''")) + QLatin1Char('\'');
}

StateText firstStartState(const LinkSummary &link, const SetupFacts &setup)
{
    if (!link.up)
        return linkDown(link);
    StateText state;
    state.icon = QStringLiteral("terminal");
    state.headline = tr("No data: no agent has connected");
    if (link.embedded) {
        state.sentence =
            tr("This console listens on %1. To see this machine: make a certificate for it, then start the agent.").arg(link.endpoint);
        const QString node = certificateName(setup.machine);
        state.commands = steps(node, setup.pkiFolder + QStringLiteral("/issued/node-") + node, dialled(link.endpoint), setup);
    } else {
        state.sentence = tr("The server %1 knows no agent yet. Make a certificate where the authority is, copy its folder to the node, and "
                            "start the agent there. "
                            "NAME stands for the node's host name in small letters.")
                             .arg(link.endpoint);
        state.commands = steps(QStringLiteral("NAME"), QStringLiteral("node-NAME"), link.endpoint, setup);
    }
    return state;
}

} // namespace tapio::console
