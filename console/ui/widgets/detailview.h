// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QScrollArea>

#include <optional>
#include <vector>

#include "console/ui/widgets/tableview.h"

class QLabel;
class QVBoxLayout;

namespace tapio::console {

struct DetailRow {
    QString label;
    QString value;
    bool mono = false;             ///< ids, times, paths, commands
    std::optional<SignValue> sign; ///< in front of the value
    bool operator==(const DetailRow &) const = default;
};

struct DetailSection {
    QString title;
    std::vector<DetailRow> rows; ///< empty values are left out
};

/// "Label: value" lines with section heads, for the clipboard.
QString detailText(const QString &title, const std::vector<DetailSection> &sections);

/// Everything about one thing: sections of label and value. Values are plain text that can be selected and wrap where they must.
class DetailView : public QScrollArea {
    Q_OBJECT
public:
    explicit DetailView(Look look, QWidget *parent = nullptr);
    void setSections(std::vector<DetailSection> sections);
    /// The same thing a moment later: what has changed is written anew, so that a selection and the place that is read survive.
    void updateSections(std::vector<DetailSection> sections);
    /// A row of buttons above the sections; takes them over.
    void setButtons(const std::vector<QWidget *> &buttons);

private:
    struct Cell {
        QLabel *value = nullptr, *sign = nullptr;
    };
    void rebuild();
    QWidget *section(const DetailSection &section);
    void write(const Cell &cell, const DetailRow &row) const;

    Look m_look;
    std::vector<DetailSection> m_sections;
    std::vector<Cell> m_cells; ///< of the rows that are shown, in order
    QWidget *m_body, *m_content = nullptr;
    QVBoxLayout *m_column;
};

} // namespace tapio::console
