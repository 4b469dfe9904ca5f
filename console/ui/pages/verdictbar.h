// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <optional>
#include <vector>

#include "console/ui/models/insighttext.h"
#include "console/ui/widgets/look.h"

class QLabel;
class QLineEdit;
class QPushButton;

namespace tapio::console {

/// What was said of an insight, and where to say it: the verdict in force with its reason, who and when; a field for a reason, and buttons. It asks; storing
/// is for whoever holds it. GUI thread.
class VerdictBar : public QWidget {
    Q_OBJECT
public:
    VerdictBar(Look look, const TimeDisplay &time, QWidget *parent = nullptr);

    /// `history`: all of this insight, oldest first. Another insight empties the field.
    void setInsight(const InsightKey &key, const std::vector<Verdict> &history);
    /// What was given is taken: the field is empty for the next. Until then the reason stays where it was written.
    void accepted();
    /// Given, and not stored yet; `why` where the store has a trouble.
    void setWaiting(bool waiting, const QString &why);
    /// Puts the keyboard into the field; `kind` is what Enter gives.
    void begin(VerdictKind kind);
    QLineEdit &reasonField() const { return *m_reason; }

signals:
    void given(tapio::console::VerdictKind kind, const QString &reason);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void showEvent(QShowEvent *event) override;

private:
    void give(VerdictKind kind);
    void refresh();
    void restyle();

    Look m_look;
    const TimeDisplay &m_time;
    InsightKey m_key;
    std::vector<Verdict> m_history;
    VerdictKind m_onEnter = VerdictKind::Unknown;
    bool m_waiting = false;
    QString m_why;
    QLabel *m_words, *m_before, *m_hint;
    QLineEdit *m_reason;
    QPushButton *m_confirm, *m_reject, *m_withdraw;
};

} // namespace tapio::console
