// SPDX-License-Identifier: GPL-3.0-or-later
#include <QApplication>
#include <QLibraryInfo>
#include <QSettings>
#include <QTemporaryDir>
#include <QTranslator>

#include <cstdlib>
#include <iostream>

#include "console/app/exitcode.h"
#include "console/app/headless.h"
#include "console/app/launch.h"
#include "console/app/quitsignals.h"
#include "console/app/runtimefolder.h"
#include "console/app/windowbuilder.h"
#include "console/ui/theme/themeapplier.h"
#include "console/ui/window/timerange.h"
#include "console/ui/window/uisettings.h"

using namespace tapio;
using namespace tapio::console;

namespace {

int leave(const std::string &sentence, int code)
{
    std::cerr << "tapio-console: " << sentence << std::endl;
    return code;
}

bool hasDisplay()
{
    return !qEnvironmentVariableIsEmpty("DISPLAY") || !qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY")
           || !qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM");
}

/// While Qt looks for the display: its own last words advise to install it anew, and its abort would leave a core file.
void leaveWithoutDisplay(QtMsgType type, const QMessageLogContext &context, const QString &message)
{
    if (type == QtFatalMsg) {
        const QByteArray name = qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY") ? qgetenv("DISPLAY") : qgetenv("WAYLAND_DISPLAY");
        std::_Exit(leave("the display '" + name.toStdString() + "' cannot be opened; correct DISPLAY, or start it with --headless",
                         exitcode::unavailable));
    }
    std::cerr << qFormatLogMessage(type, context, message).toStdString() << std::endl;
}

/// Numbers, dates and words of the desktop's language; English where that is "C".
void chooseLanguage(QApplication &app, QTranslator &translator)
{
    const QLocale system = QLocale::system();
    const QLocale locale = system.language() == QLocale::C ? QLocale(QLocale::English, QLocale::UnitedStates) : system;
    QLocale::setDefault(locale);
    if (translator.load(locale, QStringLiteral("tapio"), QStringLiteral("_"), QStringLiteral(":/tapio/translations")))
        app.installTranslator(&translator);
}

UiDefaults defaultsOf(const UiConfig &config)
{
    return {QString::fromStdString(config.theme), QString::fromStdString(config.density == "auto" ? "automatic" : config.density),
            config.zone == "utc"};
}

int run(QApplication &app, const LaunchOptions &options, const Launch &launch, QuitSignals &quitSignals, const Clock &clock)
{
    auto session = Session::open(launch.session, clock);
    if (!session) {
        const LaunchFailure failure = launchFailure(session.error(), launch.session);
        return leave(failure.sentence, failure.exitCode);
    }
    auto builtIn = ThemeStore::loadBuiltIn();
    if (!builtIn)
        return leave(builtIn.error().message(), exitcode::software);

    // Without a person nothing of theirs is changed: settings live in a folder that goes away.
    QTemporaryDir nowhere;
    const std::unique_ptr<QSettings> settings =
        options.headless
            ? std::make_unique<QSettings>(nowhere.filePath(QStringLiteral("window.ini")), QSettings::IniFormat)
            : std::make_unique<QSettings>(QSettings::IniFormat, QSettings::UserScope, QStringLiteral("tapio"), QStringLiteral("window"));
    ThemeStore themes(std::move(builtIn->first), std::move(builtIn->second));
    IconCache icons;
    TimeDisplay time;
    ThemeApplier applier(app, themes);
    UiSettings uiSettings(*settings, themes, time, defaultsOf(launch.ui));
    if (!options.theme.empty())
        themes.setChoice(options.theme == "dark" ? ThemeChoice::Dark : ThemeChoice::Light);
    ActionRegistry actions(*settings);
    const auto window = buildWindow({**session, themes, icons, time, actions, uiSettings, clock, launch.setup}, launch.facts);
    if (!options.range.empty())
        window->setRange(rangeFromKey(QString::fromStdString(options.range)));
    QObject::connect(&quitSignals, &QuitSignals::quitRequested, &app, &QApplication::quit);

    if (options.headless) {
        window->resize(options.width, options.height);
        window->show();
        Headless headless(options, **session, *window, clock, {std::cout, std::cerr});
        QObject::connect(&headless, &Headless::timeUp, &app, &QApplication::quit);
        QApplication::exec();
        return headless.finish() ? 0 : exitcode::cannotCreate;
    }
    window->restore(QSize(options.width, options.height));
    window->show();
    const int code = QApplication::exec();
    window->close(); // keeps the geometry when a signal ended us
    return code;
}

} // namespace

int main(int argc, char **argv)
{
    const auto parsed = parseCommandLine(argc, argv);
    if (const int *code = std::get_if<int>(&parsed))
        return *code;
    const auto &options = std::get<LaunchOptions>(parsed);
    if (options.headless)
        qputenv("QT_QPA_PLATFORM", "offscreen");
    else if (!hasDisplay())
        return leave("there is no display (DISPLAY and WAYLAND_DISPLAY are not set); start it with --headless", exitcode::unavailable);
    if (const Status status = blockQuitSignals(); !status)
        return leave(status.error().message(), exitcode::software);

    const SystemClock clock;
    auto launch = prepareLaunch(options, clock);
    if (!launch)
        return leave(launch.error().sentence, launch.error().exitCode);

    QGuiApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
    const RuntimeFolder runtimeFolder;
    int qtArgc = 1; // the command line was ours
    qInstallMessageHandler(leaveWithoutDisplay);
    QApplication app(qtArgc, argv);
    qInstallMessageHandler(nullptr);
    QApplication::setApplicationName(QStringLiteral("tapio-console"));
    QApplication::setApplicationDisplayName(QStringLiteral("Tapio"));
    QApplication::setApplicationVersion(QStringLiteral(TAPIO_VERSION));
    QGuiApplication::setDesktopFileName(QStringLiteral("tapio-console"));
    QTranslator translator;
    chooseLanguage(app, translator);
    auto signalSource = QuitSignals::open();
    if (!signalSource)
        return leave(signalSource.error().message(), exitcode::software);
    return run(app, options, *launch, **signalSource, clock);
}
