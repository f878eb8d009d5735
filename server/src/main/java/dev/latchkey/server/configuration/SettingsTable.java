package dev.latchkey.server.configuration;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Settings as people read them: the table of the documentation, and what holds on this machine. */
public final class SettingsTable {
    private SettingsTable() {}

    /**
     * A setting as it holds.
     *
     * @param value empty where it is not set; of a secret, its length only
     * @param origin the variable or file it is from; empty where it is not set
     */
    public record Row(Setting setting, Optional<String> value, Optional<String> origin) {}

    /** @throws ConfigurationException when a source cannot be read; values are not checked here */
    public static List<Row> of(Map<String, String> environment) {
        Sources sources = Sources.read(environment);
        return Arrays.stream(Setting.values())
                .map(setting -> new Row(
                        setting,
                        sources.of(setting).map(given -> shown(setting, given)),
                        sources.of(setting).map(given -> given.origin().words())))
                .toList();
    }

    private static String shown(Setting setting, Given given) {
        return setting.isSecret() ? "(secret, " + given.value().length() + " characters)" : given.value();
    }

    /** Sentences about variables {@code LATCHKEY_*} that nothing reads. */
    public static List<String> warnings(Map<String, String> environment) {
        return Sources.read(environment).warnings();
    }

    /** In Markdown: a table for each area. */
    public static String markdown() {
        return Arrays.stream(Setting.Area.values())
                .map(area -> "### " + area.title() + "\n\n| variable | meaning | default |\n|---|---|---|\n"
                        + Setting.of(area).stream().map(SettingsTable::line).collect(Collectors.joining()))
                .collect(Collectors.joining("\n"));
    }

    private static String line(Setting setting) {
        return "| `" + setting.variable() + "`" + (setting.isSecret() ? ", `" + setting.fileVariable() + "`" : "")
                + setting.standardVariable().map(name -> ", `" + name + "`").orElse("")
                + " | " + setting.meaning() + " | " + setting.absent() + " |\n";
    }
}
