// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/integration/consoleprogram.h"

#include <QDir>
#include <QElapsedTimer>
#include <QRegularExpression>

#include <csignal>

namespace tapio::test {

namespace {

constexpr int patienceMs = 30'000;

QByteArray quoted(const std::filesystem::path &path) { return '"' + QByteArray::fromStdString(path.native()) + '"'; }

} // namespace

ConsoleProgram::ConsoleProgram(const QString &folder, const transport::TlsFiles &tls) : data(folder + "/data"), m_folder(folder)
{
    QFile config(folder + "/console.toml");
    const QByteArray text = "[tls]\nca = " + quoted(tls.ca) + "\ncert = " + quoted(tls.certificate) + "\nkey = " + quoted(tls.key) + "\n";
    if (!config.open(QFile::WriteOnly) || config.write(text) != text.size())
        qFatal("cannot write %s", qPrintable(config.fileName()));
}

ConsoleProgram::~ConsoleProgram()
{
    if (m_process.state() != QProcess::NotRunning)
        kill();
}

void ConsoleProgram::launch()
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("HOME", m_folder);
    environment.insert("XDG_RUNTIME_DIR", m_folder);
    environment.insert("XDG_CONFIG_HOME", m_folder + "/config");
    environment.insert("XDG_DATA_HOME", m_folder + "/share");
    if (display) {
        environment.remove("QT_QPA_PLATFORM");
        environment.remove("WAYLAND_DISPLAY");
        environment.insert("DISPLAY", *display);
    }
    m_process.setProcessEnvironment(environment);
    m_out.clear();
    m_err.clear();
    const QStringList mode = display ? QStringList() : QStringList("--headless");
    m_process.start(TAPIO_CONSOLE, mode
                                       + QStringList{"--config", m_folder + "/console.toml", "--data", data, "--listen",
                                                     "127.0.0.1:" + QString::number(port)}
                                       + arguments);
}

void ConsoleProgram::collect()
{
    m_out += m_process.readAllStandardOutput();
    m_err += m_process.readAllStandardError();
}

bool ConsoleProgram::start()
{
    launch();
    static const QRegularExpression listening("listening on \\S+:(\\d+) ");
    QElapsedTimer timer;
    for (timer.start(); timer.elapsed() < patienceMs;) {
        if (!m_process.waitForReadyRead(1000) && m_process.state() == QProcess::NotRunning)
            break;
        collect();
        if (const auto match = listening.match(QString::fromUtf8(m_out)); match.hasMatch()) {
            port = match.captured(1).toUShort();
            return true;
        }
    }
    qWarning("%s", qPrintable(output()));
    return false;
}

int ConsoleProgram::run()
{
    launch();
    return wait();
}

int ConsoleProgram::wait()
{
    const bool ended = m_process.state() == QProcess::NotRunning || m_process.waitForFinished(patienceMs);
    return ended && m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
}

int ConsoleProgram::end(int signal)
{
    if (::kill(static_cast<pid_t>(m_process.processId()), signal) != 0)
        return -1;
    return wait();
}

bool ConsoleProgram::kill()
{
    m_process.kill();
    return m_process.waitForFinished(patienceMs);
}

QString ConsoleProgram::output()
{
    collect();
    return QString::fromUtf8(m_out + m_err);
}

QStringList ConsoleProgram::complaints()
{
    collect();
    return QString::fromUtf8(m_err).split('\n').filter(QRegularExpression("^tapio-console: "));
}

std::vector<console::StoredEvent> storedEvents(const QString &file, std::uint64_t *lost)
{
    std::vector<console::StoredEvent> all;
    const auto reader = console::StoreReader::open(file.toStdString());
    if (!reader) {
        qWarning("%s", reader.error().message().c_str());
        return all;
    }
    console::EventQuery query;
    query.newestFirst = false;
    query.limit = 100'000;
    std::optional<console::EventId> after;
    for (bool more = true; more;) {
        auto page = (*reader)->events(query, after, {});
        if (!page) {
            qWarning("%s", page.error().message().c_str());
            return {};
        }
        std::move(page->events.begin(), page->events.end(), std::back_inserter(all));
        more = page->more;
        query = page->next;
        after = page->nextAfter;
        if (lost != nullptr)
            *lost = std::max(*lost, page->lostEvents);
    }
    return all;
}

} // namespace tapio::test
