// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/detailfields.h"

#include "protocol/wire/text.h"

namespace tapio::wire {

namespace {

struct Fitter {
    template <typename T> void operator()(const Field &, T &) const {}
    void operator()(const Field &field, std::string &text) const
    {
        if (!isValidUtf8(text))
            text = toValidUtf8(text);
        if (text.size() > field.maxBytes)
            text.resize(truncateUtf8(text, field.maxBytes).size());
    }
    void operator()(const Field &field, std::vector<std::string> &texts) const
    {
        if (field.maxItems == 0)
            return;
        if (texts.size() > field.maxItems)
            texts.resize(field.maxItems);
        for (std::string &text : texts)
            (*this)(field, text);
    }
    void operator()(const Field &field, std::vector<std::byte> &bytes) const
    {
        if (bytes.size() > field.maxBytes)
            bytes.resize(field.maxBytes);
    }
};

} // namespace

void fitTexts(Detail &detail)
{
    // Walking the fields of one that is empty would take memory for texts that it does not have.
    if (const auto *http = std::get_if<HttpRequest>(&detail); http != nullptr && !http->texts.isHeld())
        return;
    if (const auto *insight = std::get_if<Boxed<Insight>>(&detail); insight != nullptr && !insight->isHeld())
        return;
    if (const auto *fact = std::get_if<Boxed<KubernetesFact>>(&detail); fact != nullptr && !fact->isHeld())
        return;
    std::visit([](auto &value) { visitFields(value, Fitter()); }, detail);
}

} // namespace tapio::wire
