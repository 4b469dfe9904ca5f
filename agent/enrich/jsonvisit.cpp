// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/enrich/jsonvisit.h"

#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace tapio::agent {

namespace {

using nlohmann::json;

class Walker final : public nlohmann::json_sax<json> {
public:
    Walker(JsonVisitor &visitor, std::size_t mostDepth) : m_visitor(visitor), m_mostDepth(mostDepth) {}

    bool null() override { return true; }
    bool boolean(bool value) override
    {
        m_visitor.flag(m_path, value);
        return true;
    }
    bool number_integer(number_integer_t value) override
    {
        m_visitor.number(m_path, value);
        return true;
    }
    bool number_unsigned(number_unsigned_t value) override
    {
        if (std::in_range<std::int64_t>(value))
            m_visitor.number(m_path, static_cast<std::int64_t>(value));
        return true;
    }
    bool number_float(number_float_t, const string_t &) override { return true; }
    bool string(string_t &value) override
    {
        m_visitor.text(m_path, std::move(value));
        return true;
    }
    bool binary(binary_t &) override { return true; }
    bool start_object(std::size_t) override
    {
        if (!enter())
            return false;
        m_visitor.beginObject(m_path);
        return true;
    }
    bool key(string_t &name) override
    {
        m_path.resize(m_levels.back());
        m_path += '/';
        for (const char c : name) {
            if (c == '~')
                m_path += "~0";
            else if (c == '/')
                m_path += "~1";
            else
                m_path += c;
        }
        return true;
    }
    bool end_object() override
    {
        m_path.resize(m_levels.back());
        m_visitor.endObject(m_path);
        return leave();
    }
    bool start_array(std::size_t) override { return enter(); }
    bool end_array() override { return leave(); }
    bool parse_error(std::size_t position, const std::string &, const nlohmann::detail::exception &) override
    {
        m_problem = "no JSON at byte " + std::to_string(position);
        return false;
    }

    const std::string &problem() const noexcept { return m_problem; }

private:
    bool enter()
    {
        if (m_levels.size() >= m_mostDepth) {
            m_problem = "JSON that is nested deeper than " + std::to_string(m_mostDepth);
            return false;
        }
        m_levels.push_back(m_path.size());
        return true;
    }
    bool leave()
    {
        m_path.resize(m_levels.back());
        m_levels.pop_back();
        return true;
    }

    JsonVisitor &m_visitor;
    std::size_t m_mostDepth;
    std::vector<std::size_t> m_levels; ///< of each object and list that is open: how long its own path is
    std::string m_path;
    std::string m_problem;
};

} // namespace

Status visitJson(std::string_view text, JsonVisitor &visitor, std::size_t mostDepth)
{
    Walker walker(visitor, mostDepth);
    if (json::sax_parse(text.begin(), text.end(), &walker))
        return {};
    return fail(Errc::Malformed, walker.problem().empty() ? "no JSON" : walker.problem());
}

} // namespace tapio::agent
