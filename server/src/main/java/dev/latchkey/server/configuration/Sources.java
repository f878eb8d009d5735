package dev.latchkey.server.configuration;

import dev.latchkey.catalogue.reader.Nearest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Where settings are written: environment variables, then the files that {@code LATCHKEY_..._FILE} names, then {@code latchkey.yaml}, then
 * the variables that other programs have for them ({@code OTEL_...}). What stands in two places is taken from the first; a secret's variable beside its file is refused, since one of them is a mistake.
 */
final class Sources {
    /** Names the settings file. */
    static final String FILE = "LATCHKEY_CONFIG";

    private static final Path DEFAULT_FILE = Path.of("latchkey.yaml");
    private static final int LARGEST_FILE = 1024 * 1024;
    /** Variables of the launcher, the command line and the client. */
    private static final Set<String> OTHER_VARIABLES = Set.of(
            FILE,
            "LATCHKEY_HOST",
            "LATCHKEY_CLIENT_SECRET",
            "LATCHKEY_PASSPHRASE",
            "LATCHKEY_JAVA_HOME",
            "LATCHKEY_JAVA_OPTIONS",
            "LATCHKEY_MVNW",
            "LATCHKEY_PLATFORMS",
            "LATCHKEY_TRAINING");

    private final Map<Setting, Given> given;
    private final List<String> warnings;

    private Sources(Map<Setting, Given> given, List<String> warnings) {
        this.given = given;
        this.warnings = warnings;
    }

    /** @throws ConfigurationException when a file cannot be read, names an unknown setting, or a secret is given twice */
    static Sources read(Map<String, String> environment) {
        Map<Setting, Given> given = new EnumMap<>(Setting.class);
        for (Setting setting : Setting.values()) {
            Optional<String> value = text(environment.get(setting.variable()));
            Optional<String> file =
                    setting.isSecret() ? text(environment.get(setting.fileVariable())) : Optional.empty();
            if (value.isPresent() && file.isPresent()) {
                throw new ConfigurationException(
                        setting.variable() + " and " + setting.fileVariable() + " are both set: remove one of them.");
            }
            value.ifPresent(text -> given.put(setting, new Given(text, new Given.Variable(setting.variable()))));
            file.ifPresent(name -> given.put(setting, secretFile(setting, Path.of(name))));
        }
        settingsFile(environment).forEach(given::putIfAbsent);
        for (Setting setting : Setting.values()) {
            setting.standardVariable()
                    .ifPresent(name -> text(environment.get(name))
                            .ifPresent(text -> given.putIfAbsent(setting, new Given(text, new Given.Variable(name)))));
        }
        return new Sources(given, unknownVariables(environment.keySet()));
    }

    Optional<Given> of(Setting setting) {
        return Optional.ofNullable(given.get(setting));
    }

    /** A sentence for each variable {@code LATCHKEY_*} that nothing reads. */
    List<String> warnings() {
        return warnings;
    }

    private static Optional<String> text(@Nullable String value) {
        return Optional.ofNullable(value).map(String::strip).filter(text -> !text.isEmpty());
    }

    private static Given secretFile(Setting setting, Path file) {
        try {
            String value = text(bounded(file))
                    .orElseThrow(() -> new ConfigurationException(
                            setting.fileVariable() + " names the file '" + file + "', which is empty."));
            return new Given(value, new Given.SecretFile(setting.fileVariable(), file));
        } catch (IOException e) {
            throw new ConfigurationException(
                    setting.fileVariable() + " must name a file that can be read; '" + file + "' cannot.", e);
        }
    }

    private static String bounded(Path file) throws IOException {
        try (var stream = Files.newInputStream(file)) {
            byte[] bytes = stream.readNBytes(LARGEST_FILE + 1);
            if (bytes.length > LARGEST_FILE) {
                throw new IOException("larger than 1 MiB");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    private static Map<Setting, Given> settingsFile(Map<String, String> environment) {
        Optional<String> named = text(environment.get(FILE));
        Path file = named.map(Path::of).orElse(DEFAULT_FILE);
        if (named.isEmpty() && !Files.exists(file)) {
            return Map.of();
        }
        Path whole = file.toAbsolutePath().normalize();
        JsonNode root;
        try {
            root = YAMLMapper.shared().readTree(bounded(whole));
        } catch (IOException e) {
            throw new ConfigurationException("The settings file '" + whole + "' cannot be read.", e);
        } catch (JacksonException e) {
            // Its message would quote the line, which may be a secret.
            throw new ConfigurationException("The settings file '" + whole + "' is not valid YAML"
                    + (e.getLocation() == null
                            ? ""
                            : " (line " + e.getLocation().getLineNr() + ")") + ".");
        }
        Map<Setting, Given> given = new EnumMap<>(Setting.class);
        if (root.isMissingNode() || root.isNull()) {
            return given;
        }
        if (!root.isObject()) {
            throw new ConfigurationException("The settings file '" + whole + "' must have lines such as 'port: 3003'.");
        }
        root.properties().forEach(entry -> {
            Setting setting = Setting.named(entry.getKey())
                    .orElseThrow(() -> new ConfigurationException("The settings file '" + whole + "' has '"
                            + entry.getKey() + "', which is no setting"
                            + ended(Nearest.question(entry.getKey(), names(Setting::key)))));
            fileValue(setting, entry.getValue(), whole)
                    .ifPresent(value -> given.put(setting, new Given(value, new Given.SettingsFile(whole))));
        });
        return given;
    }

    /** Lists are joined by commas, as in a variable. */
    private static Optional<String> fileValue(Setting setting, JsonNode value, Path file) {
        if (value.isNull()) {
            return Optional.empty();
        }
        if (value.isValueNode()) {
            return text(value.asString());
        }
        if (value.isArray() && StreamSupport.stream(value.spliterator(), false).allMatch(JsonNode::isValueNode)) {
            return text(StreamSupport.stream(value.spliterator(), false)
                    .map(JsonNode::asString)
                    .collect(Collectors.joining(",")));
        }
        throw new ConfigurationException(
                "In the settings file '" + file + "', " + setting.key() + " must be one value, or a list of values.");
    }

    private static List<String> unknownVariables(Collection<String> names) {
        return names.stream()
                .filter(name -> name.startsWith(Setting.PREFIX))
                .filter(name -> !OTHER_VARIABLES.contains(name) && !isRead(name))
                .sorted()
                .map(name -> name + " is no setting" + ended(Nearest.question(name, names(Setting::variable))))
                .toList();
    }

    private static boolean isRead(String variable) {
        return Arrays.stream(Setting.values())
                .anyMatch(setting -> setting.variable().equals(variable)
                        || setting.isSecret() && setting.fileVariable().equals(variable));
    }

    private static String ended(String question) {
        return question.isEmpty() ? "." : question;
    }

    private static List<String> names(Function<Setting, String> form) {
        return Arrays.stream(Setting.values()).map(form).toList();
    }
}
