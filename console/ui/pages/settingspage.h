// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>

#include "console/core/store/store.h"
#include "console/ui/pages/page.h"

class QButtonGroup;
class QLabel;
class QStackedWidget;
class QVBoxLayout;

namespace tapio::console {

/// What the settings page says about where data is and what keeps it small; from the configuration the program started with.
struct DataFacts {
    QString storeFile, configFile;
    std::int64_t maxBytes = 0, maxAgeNs = 0;
};

/// Choices of the user. Effects are immediate.
class SettingsPage : public Page {
    Q_OBJECT
public:
    SettingsPage(UiContext context, DataFacts facts, QWidget *parent = nullptr);

    QString title() const override { return tr("Settings"); }
    bool usesTimeRange() const override { return false; }
    void open(const QString &argument) override; ///< "appearance", "time", "alerts", "data", "keyboard", "about"

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void section(const QString &key, const QString &title, QVBoxLayout *&column);
    void addAppearance();
    void addTime();
    void addAlerts();
    void addData();
    void addKeyboard();
    void addAbout();
    void refreshData();
    void restyle();

    UiContext m_context;
    DataFacts m_facts;
    QButtonGroup *m_sections;
    QVBoxLayout *m_side;
    QStackedWidget *m_stack;
    QStringList m_keys;
    QLabel *m_storeFigures = nullptr;
    QTimer m_tick;
};

} // namespace tapio::console
