// SPDX-License-Identifier: GPL-3.0-or-later
// Draws the Overview with invented snapshots into PNG files, to be looked at: preview_overview FOLDER [SCENE ...].
#include <QApplication>
#include <QDir>
#include <QTextStream>

#include "console/ui/charts/plotview.h"
#include "console/ui/pages/overviewgrid.h"
#include "console/ui/pages/overviewview.h"
#include "console/ui/theme/themeapplier.h"
#include "console/ui/widgets/focusring.h"
#include "console/ui/widgets/fullpanelview.h"
#include "console/ui/widgets/plottooltip.h"
#include "tests/ui/support/madeup.h"

using namespace tapio::console;

namespace {

struct Scene {
    QString name;
    OverviewSnapshot snapshot;
    std::function<void(OverviewView &)> prepare;
};

void pointAtQueue(OverviewView &view)
{
    PanelWidget &panel = view.grid().panel(2);
    const QPointF at(panel.plot().frame().xOf(madeup::nowNs - 13 * 60'000'000'000), panel.plot().frame().plot.center().y());
    QMouseEvent move(QEvent::MouseMove, at, panel.plot().mapToGlobal(at), Qt::NoButton, Qt::NoButton, Qt::NoModifier);
    QCoreApplication::sendEvent(panel.plot().viewport(), &move);
}

std::vector<Scene> scenes()
{
    return {{"busy", madeup::busy(), pointAtQueue},
            {"healthy", madeup::healthy(), {}},
            {"first-start", madeup::firstStart(), {}},
            {"first-seconds", madeup::firstSeconds(), {}},
            {"no-data", madeup::noData(), {}},
            {"loading", madeup::loading(), {}},
            {"troubled", madeup::troubled(), {}},
            {"crowded", madeup::crowded(), {}},
            {"extreme", madeup::extreme(), {}},
            {"long-names", madeup::longNames(), {}},
            {"full", madeup::busy(), [](OverviewView &view) { view.openFullScreen(); }},
            {"full-crowded", madeup::crowded(),
             [](OverviewView &view) {
                 view.grid().setCurrent(9);
                 view.openFullScreen();
             }},
            {"full-table", madeup::busy(),
             [](OverviewView &view) {
                 view.grid().setCurrent(1);
                 view.toggleTable();
             }},
            {"full-proofs", madeup::busy(), [](OverviewView &view) {
                 view.grid().setCurrent(5);
                 view.toggleTable();
             }}};
}

} // namespace

int main(int argc, char **argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    const QStringList arguments = QApplication::arguments();
    if (arguments.size() < 2)
        return 2;
    auto loaded = ThemeStore::loadBuiltIn();
    if (!loaded)
        return 1;
    ThemeStore themes(loaded->first, loaded->second);
    ThemeApplier applier(app, themes);
    IconCache icons;
    TimeDisplay time;
    QDir().mkpath(arguments[1]);
    const QStringList wanted = arguments.mid(2);
    for (const QSize &window : {QSize(1280, 800), QSize(1920, 1080), QSize(2560, 1440)}) {
        for (const ThemeChoice choice : {ThemeChoice::Dark, ThemeChoice::Light}) {
            themes.setChoice(choice);
            themes.setWindowSize(window);
            for (const Scene &scene : scenes()) {
                const QString name =
                    QStringLiteral("%1-%2-%3x%4").arg(scene.name, themes.theme().name).arg(window.width()).arg(window.height());
                if (!wanted.isEmpty()
                    && !std::any_of(wanted.begin(), wanted.end(), [&](const QString &each) { return name.startsWith(each); }))
                    continue;
                OverviewView view(Look{themes, icons}, time);
                FocusRing ring(&view, Look{themes, icons});
                // What the window leaves to a page: rail and bars taken off.
                view.resize(window.width() - (window.width() >= 1600 ? 204 : 52), window.height() - 68);
                view.show();
                view.setSnapshot(scene.snapshot);
                view.flush();
                QCoreApplication::processEvents();
                if (scene.prepare)
                    scene.prepare(view);
                for (int i = 0; i < 20; ++i)
                    QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents | QEventLoop::AllEvents, 15);
                const QString path = QDir(arguments[1]).filePath(name + ".png");
                view.grab().save(path);
                QTextStream(stdout) << path << '\n';
            }
        }
    }
    return 0;
}
