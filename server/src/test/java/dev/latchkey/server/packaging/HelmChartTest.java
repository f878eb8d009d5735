package dev.latchkey.server.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import dev.latchkey.server.HealthProbe;
import dev.latchkey.server.configuration.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The chart as Helm's own library renders it. */
class HelmChartTest {
    private static final Path CHART = Path.of("../packaging/helm/latchkey");
    private static final ObjectMapper YAML = YAMLMapper.shared();
    private static final Set<String> VARIABLES = Arrays.stream(Setting.values())
            .flatMap(setting -> setting.isSecret()
                    ? Stream.of(setting.variable(), setting.fileVariable())
                    : Stream.of(setting.variable()))
            .collect(Collectors.toSet());

    @TempDir
    private Path folder;

    private List<JsonNode> render(String values) throws IOException {
        Path file = Files.writeString(folder.resolve("values.yaml"), values);
        TemplateCommand command = new Helm(CHART)
                .template()
                .withName("keys")
                .withKubeVersion("v1.31.0")
                .withValuesFile(file);
        try (var documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(command.call())) {
            return documents.readAll().stream().filter(JsonNode::isObject).toList();
        }
    }

    private static final String LEAST = "publicUrl: https://connect.example.com\nexistingSecret: latchkey-keys\n";

    private static JsonNode only(List<JsonNode> documents, String kind) {
        return documents.stream()
                .filter(one -> one.path("kind").asString().equals(kind))
                .findFirst()
                .orElseThrow(() -> new AssertionError("there is no " + kind));
    }

    private static JsonNode container(List<JsonNode> documents) {
        return only(documents, "StatefulSet").at("/spec/template/spec/containers/0");
    }

    @Test
    void lintsWithoutAWord() {
        LintResult result = new Helm(CHART).lint().strict().call();

        assertThat(result.isFailed())
                .as(String.join("\n", result.getMessages()))
                .isFalse();
    }

    @Test
    void saysWhatIsRequired() {
        assertThatThrownBy(() -> render("")).hasMessageContaining("publicUrl is required");
        assertThatThrownBy(() -> render("publicUrl: https://a.example"))
                .hasMessageContaining("existingSecret is required");
    }

    @Test
    void runsWithoutRightsAndHasWhatANodeNeeds() throws IOException {
        List<JsonNode> documents = render(LEAST);

        assertThat(documents.stream().map(one -> one.path("kind").asString()))
                .containsExactlyInAnyOrder(
                        "StatefulSet", "Service", "Service", "ServiceAccount", "PodDisruptionBudget", "NetworkPolicy");
        JsonNode pod = only(documents, "StatefulSet").at("/spec/template/spec");
        assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod.path("automountServiceAccountToken").asBoolean(true)).isFalse();
        // Requests to vendors have 25 s, after the delay.
        assertThat(pod.path("terminationGracePeriodSeconds").asInt()).isEqualTo(40);
        JsonNode container = container(documents);
        assertThat(container.at("/securityContext/readOnlyRootFilesystem").asBoolean())
                .isTrue();
        assertThat(container.at("/securityContext/capabilities/drop/0").asString())
                .isEqualTo("ALL");
        assertThat(container.at("/readinessProbe/httpGet/path").asString()).isEqualTo("/health/ready");
        assertThat(container.at("/livenessProbe/httpGet/path").asString()).isEqualTo("/health/live");
        assertThat(only(documents, "StatefulSet")
                        .at("/spec/volumeClaimTemplates/0/spec/resources/requests/storage")
                        .asString())
                .isEqualTo("1Gi");
    }

    @Test
    void looksForHealthAndMetricsAtTheManagementPort() throws IOException {
        List<JsonNode> documents =
                render(LEAST + "settings: { MANAGEMENT_PORT: \"3004\" }\nserviceMonitor: { enabled: true }\n");

        assertThat(container(documents).at("/ports/1"))
                .isEqualTo(YAML.readTree("{name: management, containerPort: 3004}"));
        for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
            assertThat(container(documents).at("/" + probe + "/httpGet/port").asString())
                    .isEqualTo("management");
        }
        assertThat(only(documents, "ServiceMonitor")
                        .at("/spec/endpoints/0/port")
                        .asString())
                .isEqualTo("management");
        assertThat(only(documents, "NetworkPolicy")
                        .at("/spec/ingress/0/ports/1/port")
                        .asInt())
                .isEqualTo(3004);
        assertThat(documents.toString()).contains("\"targetPort\":\"management\"");
        assertThat(container(render(LEAST)).at("/readinessProbe/httpGet/port").asString())
                .isEqualTo("http");
    }

    @Test
    void needsNoPlainMasterKeyWithAKeyService() throws IOException {
        List<JsonNode> documents = render(LEAST + """
                secretFiles: { ENCRYPTION_KMS_CREDENTIALS: kms-credentials }
                settings: { ENCRYPTION_KMS: "vault:https://vault.example:8200/v1/transit/keys/latchkey" }
                """);

        assertThat(container(documents).path("env").findValuesAsString("name"))
                .contains("LATCHKEY_ENCRYPTION_KMS", "LATCHKEY_ENCRYPTION_KMS_CREDENTIALS_FILE")
                .doesNotContain("LATCHKEY_ENCRYPTION_KEY_FILE");
        assertThat(container(render(LEAST)).path("env").findValuesAsString("name"))
                .contains("LATCHKEY_ENCRYPTION_KEY_FILE");
    }

    @Test
    void givesSecretsAsFilesAndKnowsTheSettings() throws IOException {
        List<JsonNode> documents = render(LEAST + """
                secretFiles: { SECRET_KEY: secret-key, ACCOUNT_KEY: account-key }
                settings: { RATE_LIMIT: "60000", LOG_FORMAT: text, LAB: "false" }
                """);

        List<JsonNode> variables = StreamSupport.stream(
                        container(documents).path("env").spliterator(), false)
                .filter(one -> one.path("name").asString().startsWith("LATCHKEY_"))
                .toList();
        assertThat(variables.stream().map(one -> one.path("name").asString()))
                .isSubsetOf(VARIABLES)
                .doesNotHaveDuplicates()
                .contains("LATCHKEY_DATABASE_URL_FILE", "LATCHKEY_ENCRYPTION_KEY_FILE", "LATCHKEY_ACCOUNT_KEY_FILE")
                .noneMatch(name -> Arrays.stream(Setting.values())
                        .anyMatch(setting ->
                                setting.isSecret() && setting.variable().equals(name)));
        assertThat(value(variables, "LATCHKEY_RATE_LIMIT")).isEqualTo("60000");
        assertThat(value(variables, "LATCHKEY_LOG_FORMAT")).isEqualTo("text");
        assertThat(value(variables, "LATCHKEY_SECRET_KEY_FILE")).isEqualTo("/run/secrets/latchkey/secret-key");
    }

    private static String value(List<JsonNode> variables, String name) {
        return variables.stream()
                .filter(one -> one.path("name").asString().equals(name))
                .findFirst()
                .orElseThrow()
                .path("value")
                .asString();
    }

    @Test
    void exposesByIngressAndMonitorIfWished() throws IOException {
        List<JsonNode> documents = render(LEAST + """
                ingress: { enabled: true, className: nginx, tlsSecret: connect-tls }
                serviceMonitor: { enabled: true, keySecret: metrics }
                networkPolicy: { enabled: true, from: [{ namespaceSelector: {} }] }
                """);

        JsonNode ingress = only(documents, "Ingress");
        assertThat(ingress.at("/spec/rules/0/host").asString()).isEqualTo("connect.example.com");
        assertThat(ingress.at("/spec/tls/0/hosts/0").asString()).isEqualTo("connect.example.com");
        assertThat(only(documents, "ServiceMonitor")
                        .at("/spec/endpoints/0/authorization/credentials/key")
                        .asString())
                .isEqualTo("metrics-key");
        assertThat(only(documents, "NetworkPolicy").at("/spec/ingress/0/from").size())
                .isEqualTo(1);
    }

    /** Every service of it, and the probe that it runs. */
    @Test
    void theComposeFileGivesSettingsThatThereAre() throws Exception {
        JsonNode compose = YAML.readTree(Files.readString(CHART.resolve("../../compose.yaml")));

        JsonNode latchkey = compose.at("/services/latchkey");
        assertThat(latchkey.path("environment").propertyNames()).isSubsetOf(VARIABLES);
        assertThat(latchkey.path("read_only").asBoolean()).isTrue();
        assertThat(latchkey.at("/healthcheck/test/4").asString()).isEqualTo(HealthProbe.class.getName());
        assertThat(latchkey.path("secrets").valueStream().map(JsonNode::asString))
                .isSubsetOf(compose.path("secrets").propertyNames());
    }

    @Test
    void theServiceOfTheDebianPackageAndItsFileKnowTheSettings() throws IOException {
        String service = Files.readString(CHART.resolve("../../debian/latchkey.service"));
        Set<String> named = java.util.regex.Pattern.compile("LATCHKEY_[A-Z_]+")
                .matcher(service)
                .results()
                .map(java.util.regex.MatchResult::group)
                .collect(Collectors.toSet());
        assertThat(named).isNotEmpty().allMatch(name -> VARIABLES.contains(name) || name.equals("LATCHKEY_CONFIG"));

        String file = Files.readString(CHART.resolve("../../debian/latchkey.yaml"));
        assertThat(file.lines()
                        .filter(line -> line.matches("(# )?[a-z_]+: .*"))
                        .map(line -> line.replaceFirst("(# )?([a-z_]+):.*", "$2")))
                .isNotEmpty()
                .isSubsetOf(Arrays.stream(Setting.values()).map(Setting::key).toList());
    }
}
