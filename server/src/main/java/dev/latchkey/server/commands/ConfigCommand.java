package dev.latchkey.server.commands;

import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.configuration.SettingsTable;
import dev.latchkey.server.json.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.databind.node.ArrayNode;

/** {@code latchkey config}: this shell's settings, as a start would read them. Nothing is connected to. */
@Command(
        name = "config",
        description = "Check or show the settings that a start here would read.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class ConfigCommand implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            spec.commandLine().usage(spec.commandLine().getOut());
        }
    }

    /** @return 0 if a start would accept the settings, otherwise 1 */
    @Command(
            name = "check",
            description = "Say whether a start would accept the settings.",
            mixinStandardHelpOptions = true)
    int check(@Mixin Output output) {
        var variables = LatchkeyCommand.variables(spec);
        try {
            Configuration.fromEnvironment(variables);
        } catch (ConfigurationException e) {
            output.out().println("BAD: " + e.getMessage());
            return 1;
        }
        List<String> warnings = SettingsTable.warnings(variables);
        warnings.forEach(warning -> output.out().println("note: " + warning));
        output.out().println("ok: the settings are valid.");
        return 0;
    }

    /** @return 0, or 1 if a source cannot be read */
    @Command(
            name = "show",
            description = "Each setting with its value and where that is from. Secrets are not shown.",
            mixinStandardHelpOptions = true)
    int show(@Mixin Output output) {
        List<SettingsTable.Row> rows;
        try {
            rows = SettingsTable.of(LatchkeyCommand.variables(spec));
        } catch (ConfigurationException e) {
            output.out().println("BAD: " + e.getMessage());
            return 1;
        }
        if (output.isJson()) {
            ArrayNode list = Json.MAPPER.createArrayNode();
            rows.forEach(row -> list.addObject()
                    .put("name", row.setting().variable())
                    .put("value", row.value().orElse(null))
                    .put(
                            "default",
                            row.value().isEmpty() ? row.setting().absent().replace("`", "") : null)
                    .put("origin", row.origin().orElse(null)));
            output.show(list);
        } else {
            rows.forEach(row -> output.out()
                    .printf(
                            "%-34s %s%n",
                            row.setting().variable(),
                            row.value()
                                    .map(value ->
                                            value + ", from " + row.origin().orElse(""))
                                    .orElseGet(() ->
                                            "default: " + row.setting().absent().replace("`", ""))));
        }
        return 0;
    }

    /** For docs/settings.md. */
    @Command(
            name = "docs",
            description = "Print the table of all settings in Markdown.",
            mixinStandardHelpOptions = true)
    void docs(@Mixin Output output) {
        output.out().print(SettingsTable.markdown());
        output.out().flush();
    }
}
