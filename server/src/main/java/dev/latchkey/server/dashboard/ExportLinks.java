package dev.latchkey.server.dashboard;

import dev.latchkey.server.pages.Links;
import java.util.Map;

/** The addresses of a list as a file, with the filters of its page. */
public record ExportLinks(String csv, String json) {
    static ExportLinks of(String path, Map<String, String> filters) {
        return new ExportLinks(
                path + Links.query(Links.with(filters, "format", "csv")),
                path + Links.query(Links.with(filters, "format", "json")));
    }
}
