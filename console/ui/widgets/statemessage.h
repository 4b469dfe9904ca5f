// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <functional>

#include "console/ui/widgets/look.h"

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace tapio::console {

/// What stands where there is nothing to show, or not yet: the word, the reason, what to do. Texts are plain.
struct StateText {
    QString icon;         ///< name in IconCache
    QString headline;     ///< "No data: no agent has connected"
    QString sentence;     ///< the reason, what is missing
    QString verbatim;     ///< an error as it came; monospaced, selectable
    QStringList commands; ///< numbered steps, each with a copy button
    QString actionText;   ///< empty = no button
    std::function<void()> action;
    bool problem = false; ///< icon in P1
};

/// Centred message of an empty list or page. The same again, or other words in the same places, leaves focus, selection and a
/// click that has begun alone: pages say what they have to say each second.
class StateMessage : public QWidget {
    Q_OBJECT
public:
    explicit StateMessage(Look look, QWidget *parent = nullptr);
    void setState(const StateText &state);

private:
    void rebuild();
    void fill();
    QWidget *makeBody();
    void addCommand(QVBoxLayout &column, int number, const QString &command);

    Look m_look;
    StateText m_state;
    QWidget *m_body = nullptr;
    QLabel *m_headline = nullptr, *m_sentence = nullptr, *m_verbatim = nullptr;
    QPushButton *m_button = nullptr;
};

} // namespace tapio::console
