package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.journeys.RecordingVendor.Asked;
import dev.latchkey.server.journeys.RecordingVendor.Response;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/**
 * Peculiar ways of vendors, each as a definition of an operator's own, against a vendor that remembers every request to the letter.
 * What is expected is written by hand. Also what a vendor may do wrong: nothing is stored, and the error says what happened.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public class QuirksTest {
    private final RecordingVendor vendor = new RecordingVendor();
    private Latchkey latchkey;

    @BeforeAll
    void start() throws IOException {
        Path folder = Files.createTempDirectory("quirks-");
        define(folder, "rotating", """
                auth:
                  kind: oauth2_code
                  authorize: { url: "VENDOR/authorize", scope: { join: "," }, groups: { user: user_scope } }
                  pkce: false
                  exchange: { url: "VENDOR/token" }
                  ok_when: { json: ok, is: "true", error: error }
                  token: { access: [access_token, authed_user.access_token], refresh: [refresh_token, authed_user.refresh_token] }
                  extra_tokens: { user: { from: authed_user, refresh: own } }
                """);
        define(folder, "issued", """
                auth:
                  kind: oauth2_code
                  authorize: { url: "VENDOR/authorize" }
                  issuer: "https://issuer.example"
                  client_auth: basic_encoded
                  exchange: { url: "VENDOR/token" }
                """);
        define(folder, "renamed", """
                auth:
                  kind: oauth2_code
                  authorize: { url: "VENDOR/authorize", names: { client_id: app_id }, code_param: auth_code }
                  pkce: false
                  client_auth: { names: { id: app_id, secret: secret } }
                  exchange: { url: "VENDOR/token", body: json, names: { code: auth_code, redirect_uri: "" }, query: { redirect_uri: "${session.redirect_uri}" } }
                  refresh: { url: "VENDOR/refresh", client_auth: nothing, body: form, params: { md5_secret: "${take(app.clientSecret, '4')}" } }
                  token: { root: data, access: access_token, ttl: 1h, keep_refresh: true }
                """);
        define(folder, "signed", """
                auth:
                  kind: oauth2_code
                  authorize: { url: "VENDOR/authorize" }
                  pkce: false
                  exchange:
                    url: "VENDOR/token"
                    body: json
                    headers: { timestamp: "${request.timestamp_ms}", sign: "${hmac('sha256', app.clientSecret, request.body + request.timestamp_ms, 'hex')}" }
                  token: { access: access_token, refresh: refresh_token, keep_access: true, ttl: 30d }
                """);
        define(folder, "consent", """
                fields: { tenant: { scope: connection, from: callback.tenant } }
                auth:
                  kind: oauth2_code
                  grant: client_credentials
                  authorize: { url: "VENDOR/adminconsent", code_param: tenant, scope: { default: [".default"] } }
                  pkce: false
                  exchange: { url: "VENDOR/${config.tenant}/token" }
                """);
        define(folder, "resources", """
                auth:
                  kind: oauth2_code
                  authorize: { url: "VENDOR/authorize" }
                  pkce: false
                  exchange: { url: "VENDOR/token" }
                  extra_tokens:
                    files: { url: "VENDOR/token", params: { scope: files.read }, refresh: shared }
                    bot: { url: "VENDOR/bot", params: { scope: bot }, grant: client_credentials }
                """);
        define(folder, "introspected", """
                auth:
                  kind: oauth2_code
                  authorize: { url: "VENDOR/authorize" }
                  pkce: false
                  exchange: { url: "VENDOR/token" }
                  expiry: { introspect: { call: "POST VENDOR/introspect", form: { token: "${token.access}" } } }
                """);
        define(folder, "session", """
                fields:
                  user: { scope: secret }
                  password: { scope: once }
                  host: { scope: connection, default: a }
                auth:
                  kind: exchange
                  steps:
                    - { id: find, call: "GET VENDOR/find?host=${config.host}" }
                    - { id: login, call: "POST ${step.find.url}/login", xml: "<login user='${secret.user}'>${once.password}</login>", ok_when: { status: ["201"] }, pick: { session: "${cookie.B1SESSION}", node: "${cookie.ROUTEID}" } }
                  token: { access: session, ttl: 30m }
                """, "headers: { cookie: \"B1SESSION=${token.access}; ROUTEID=${token.raw.node}\" }");
        define(folder, "learning", """
                fields: { apiKey: { scope: secret }, extra: { scope: secret } }
                auth: { kind: api_key }
                verify: { call: GET /check, ok_when: { json: valid, is: "true", error: reason, lacks: "(?i)expired" } }
                after_connect:
                  - call: GET /accounts
                    find: { in: items, first_of: ["is_default == 'true'", any] }
                    pick: { config.account: id, config.region: "${match(body.url, 'https://([a-z]+)[.]')}", config.last: "${last(body.uri)}" }
                  - { pick: { config.hash: "${hash('sha1', secret.apiKey, 'hex')}" } }
                  - { call: POST /installed, json: { done: "yes" }, forget: [extra] }
                """, "headers: { x-key: \"${secret.apiKey}\", x-extra: \"${secret.extra}\" }");
        define(folder, "client", """
                auth:
                  kind: oauth2_client
                  exchange: { url: "VENDOR/token" }
                """);
        define(folder, "proven", """
                auth:
                  kind: oauth2_code
                  authorize: { url: "VENDOR/authorize" }
                  pkce: false
                  client_auth: { private_key_jwt: { alg: RS256, key: "${app.privateKey}", lifetime: 300s, claims: { aud: "https://quirk.example" } } }
                  exchange: { url: "VENDOR/token" }
                """);
        define(folder, "stamped", """
                fields: { username: { scope: secret }, password: { scope: secret } }
                auth: { kind: basic }
                verify: none
                """, "sign: wsse");
        define(
                folder,
                "partner",
                """
                fields:
                  partnerKey: { scope: integration }
                  apiKey: { scope: secret }
                auth: { kind: api_key }
                verify: none
                """,
                "headers: { x-partner: \"${app.partnerKey}\", x-key: \"Key ${secret.apiKey}\" }");
        latchkey = Latchkey.start(
                Map.of("LATCHKEY_PROVIDERS_DIR", folder.toString(), "LATCHKEY_EGRESS_ALLOW", vendor.host()));
    }

    private void define(Path folder, String id, String body) throws IOException {
        define(folder, id, body, "");
    }

    private void define(Path folder, String id, String body, String api) throws IOException {
        String text = "id: quirk-" + id + "\nname: Quirk " + id + "\ntags: [other]\napi_docs: https://quirk.example\n"
                + body + "api:\n  base: VENDOR\n" + (api.isEmpty() ? "" : "  " + api + "\n");
        Files.writeString(folder.resolve("quirk-" + id + ".yaml"), text.replace("VENDOR", vendor.address()));
    }

    @AfterAll
    void stop() {
        latchkey.close();
        vendor.close();
    }

    @BeforeEach
    void forget() {
        vendor.forget();
    }

    private void integrate(String id, String key) {
        String kind = id.equals("client") ? "OAUTH2_CC" : "OAUTH2";
        String credentials = Set.of("session", "learning", "client", "stamped").contains(id)
                ? ""
                : ", \"credentials\": {\"type\": \"" + kind
                        + "\", \"client_id\": \"id\", \"client_secret\": \"secret\"}";
        latchkey.call(
                "POST",
                "/integrations",
                "{\"provider\": \"quirk-" + id + "\", \"unique_key\": \"" + key + "\"" + credentials + "}",
                200);
    }

    /** The vendor's page is not opened: what it would send back is made here. */
    private HttpResponse<String> connect(String key, String answer) {
        LabUser user = new LabUser();
        URI page = LabUser.location(user.get(URI.create(latchkey.address + "/oauth/connect/" + key
                + "?connect_session_token=" + latchkey.sessionNamed("c1", key))));
        return user.get(URI.create(latchkey.address + "/oauth/callback?state="
                + LabUser.query(page).get("state") + "&" + answer));
    }

    private JsonNode read(String key, String more) {
        return latchkey.call("GET", "/connections/c1?provider_config_key=" + key + more, "", 200);
    }

    private HttpResponse<String> direct(String path, String key, String body) {
        return latchkey.sendAs(
                "", "POST", path + key + "?connect_session_token=" + latchkey.sessionNamed("c1", key), body);
    }

    @Test
    void twoTokensOfOneAnswerAreRenewedApartAndNoRefreshTokenTwice() {
        integrate("rotating", "rotating");
        vendor.json("/token", """
                        {"ok": true, "access_token": "bot1", "refresh_token": "br1", "expires_in": 43200,
                         "authed_user": {"id": "U1", "access_token": "user1", "refresh_token": "ur1", "expires_in": 3600}}""")
                .json("/token", """
                        {"ok": true, "access_token": "bot2", "refresh_token": "br2", "expires_in": 43200}""")
                .json("/token", """
                        {"ok": true, "access_token": "user2", "refresh_token": "ur2", "expires_in": 3600}""")
                .json("/token", """
                        {"ok": true, "access_token": "bot3", "refresh_token": "br3", "expires_in": 43200}""")
                .json("/token", """
                        {"ok": false, "error": "invalid_refresh_token"}""");

        assertThat(connect("rotating", "code=c").statusCode()).isEqualTo(200);
        JsonNode first = read("rotating", "&refresh_token=true").get("credentials");
        JsonNode second =
                read("rotating", "&refresh_token=true&force_refresh=true").get("credentials");
        JsonNode third =
                read("rotating", "&refresh_token=true&force_refresh=true").get("credentials");

        assertThat(java.time.Instant.parse(first.get("expires_at").asString()))
                .as("the smaller end counts")
                .isBefore(java.time.Instant.now().plusSeconds(3700));
        assertThat(second.get("access_token").asString()).isEqualTo("bot2");
        assertThat(second.at("/raw/authed_user/access_token").asString()).isEqualTo("user2");
        assertThat(second.at("/raw/authed_user/refresh_token").asString()).isEqualTo("ur2");
        assertThat(third.get("access_token").asString())
                .as("the user's part is not fatal")
                .isEqualTo("bot3");
        assertThat(third.at("/raw/authed_user/access_token").asString()).isEqualTo("user2");
        assertThat(vendor.asked("/token").stream().map(Asked::body).skip(1))
                .containsExactly(
                        "grant_type=refresh_token&refresh_token=br1&client_id=id&client_secret=secret",
                        "grant_type=refresh_token&refresh_token=ur1&client_id=id&client_secret=secret",
                        "grant_type=refresh_token&refresh_token=br2&client_id=id&client_secret=secret",
                        "grant_type=refresh_token&refresh_token=ur2&client_id=id&client_secret=secret");
    }

    @Test
    void parametersHaveTheVendorsNamesAndARefreshProvesItselfInItsOwnWay() {
        integrate("renamed", "renamed");
        vendor.json("/token", "{\"data\": {\"access_token\": \"a1\", \"refresh_token\": \"r1\"}}")
                .json("/refresh", "{\"data\": {\"access_token\": \"a2\", \"refresh_token\": \"other\"}}");

        assertThat(connect("renamed", "auth_code=c").statusCode()).isEqualTo(200);
        JsonNode after =
                read("renamed", "&refresh_token=true&force_refresh=true").get("credentials");

        Asked exchange = vendor.asked("/token").getFirst();
        assertThat(exchange.body())
                .isEqualTo(
                        "{\"grant_type\":\"authorization_code\",\"auth_code\":\"c\",\"app_id\":\"id\",\"secret\":\"secret\"}");
        assertThat(exchange.query())
                .isEqualTo(
                        "redirect_uri=http%3A%2F%2Flocalhost%3A" + latchkey.address.getPort() + "%2Foauth%2Fcallback");
        assertThat(vendor.asked("/refresh").getFirst().body())
                .isEqualTo("grant_type=refresh_token&refresh_token=r1&md5_secret=secr");
        assertThat(after.get("access_token").asString()).isEqualTo("a2");
        assertThat(after.get("refresh_token").asString()).as("kept").isEqualTo("r1");
    }

    /** RFC 9207 section 2.4: what is missing is as wrong as what differs. */
    @ParameterizedTest
    @CsvSource({
        "code=c, 400",
        "code=c&iss=https%3A%2F%2Fother.example, 400",
        "code=c&iss=https%3A%2F%2Fissuer.example%2F, 400",
        "code=c&iss=https%3A%2F%2Fissuer.example, 200"
    })
    void a4_theResponseOfAnotherIssuerIsRefused(String callback, int status) {
        String key = "issued" + Math.abs(callback.hashCode());
        integrate("issued", key);
        vendor.json("/token", "{\"access_token\": \"a1\"}");

        assertThat(connect(key, callback).statusCode()).isEqualTo(status);
        assertThat(vendor.asked("/token")).hasSize(status == 200 ? 1 : 0);
    }

    @Test
    void a9_basicEncodesIdAndSecret() {
        latchkey.call("POST", "/integrations", """
                {"provider": "quirk-issued", "unique_key": "encoded",
                 "credentials": {"type": "OAUTH2", "client_id": "i d:1", "client_secret": "s%c&r+t/"}}""", 200);
        vendor.json("/token", "{\"access_token\": \"a1\"}");

        assertThat(connect("encoded", "code=c&iss=https%3A%2F%2Fissuer.example").statusCode())
                .isEqualTo(200);

        assertThat(new String(
                        Base64.getDecoder()
                                .decode(vendor.asked("/token")
                                        .getFirst()
                                        .header("authorization")
                                        .substring("Basic ".length())),
                        StandardCharsets.UTF_8))
                .isEqualTo("i+d%3A1:s%25c%26r%2Bt%2F");
    }

    @Test
    void aHeaderSignsTheBodyAndARenewalMayBringNoToken() throws Exception {
        integrate("signed", "signed");
        vendor.json("/token", "{\"access_token\": \"a1\", \"refresh_token\": \"r1\"}")
                .json("/token", "{\"result\": \"0000\"}");

        assertThat(connect("signed", "code=c").statusCode()).isEqualTo(200);
        JsonNode after = read("signed", "&force_refresh=true").get("credentials");

        Asked exchange = vendor.asked("/token").getFirst();
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec("secret".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        assertThat(exchange.header("sign"))
                .isEqualTo(HexFormat.of()
                        .formatHex(mac.doFinal(
                                (exchange.body() + exchange.header("timestamp")).getBytes(StandardCharsets.UTF_8))));
        assertThat(after.get("access_token").asString()).isEqualTo("a1");
    }

    /** RFC 7523 section 2.2: a key in place of a secret, at the exchange and at the refresh. */
    @Test
    void aClientProvesItselfByASignedAssertion() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair keys = generator.generateKeyPair();
        String pem = "-----BEGIN PRIVATE KEY-----\\n"
                + Base64.getEncoder().encodeToString(keys.getPrivate().getEncoded())
                + "\\n-----END PRIVATE KEY-----";
        latchkey.call("POST", "/integrations", """
                {"provider": "quirk-proven", "unique_key": "proven",
                 "credentials": {"type": "OAUTH2", "client_id": "id", "private_key": "%s"}}""".formatted(pem), 200);
        vendor.json("/token", "{\"access_token\": \"a1\", \"refresh_token\": \"r1\", \"expires_in\": 3600}")
                .json("/token", "{\"access_token\": \"a2\", \"expires_in\": 3600}");

        assertThat(connect("proven", "code=c").statusCode()).isEqualTo(200);
        assertThat(read("proven", "&force_refresh=true")
                        .at("/credentials/access_token")
                        .asString())
                .isEqualTo("a2");

        Set<String> ids = new HashSet<>();
        for (Asked asked : vendor.asked("/token")) {
            Map<String, String> form = LabUser.query(URI.create("http://x/?" + asked.body()));
            assertThat(asked.header("authorization")).isEmpty();
            assertThat(form)
                    .containsEntry("client_id", "id")
                    .containsEntry("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
                    .doesNotContainKey("client_secret");
            SignedJWT assertion = SignedJWT.parse(form.getOrDefault("client_assertion", ""));
            assertThat(assertion.getHeader().getAlgorithm().getName()).isEqualTo("RS256");
            assertThat(assertion.verify(new RSASSAVerifier((RSAPublicKey) keys.getPublic())))
                    .isTrue();
            JWTClaimsSet claims = assertion.getJWTClaimsSet();
            assertThat(claims.getClaims().keySet()).containsExactlyInAnyOrder("iss", "sub", "aud", "jti", "iat", "exp");
            assertThat(claims.getIssuer() + " " + claims.getSubject() + " " + claims.getAudience())
                    .isEqualTo("id id [https://quirk.example]");
            assertThat(Duration.between(
                            claims.getIssueTime().toInstant(),
                            claims.getExpirationTime().toInstant()))
                    .isEqualTo(Duration.ofMinutes(5));
            ids.add(claims.getJWTID());
        }
        assertThat(ids).as("each is used once").hasSize(2);
    }

    /** Emarsys: the hex of the SHA-1 of nonce, time and password, in base64; each call has its own. */
    @Test
    void aCallIsStampedByWsse() throws Exception {
        integrate("stamped", "stamped");
        vendor.json("/me", "{}").json("/other", "{}");
        assertThat(direct("/api-auth/basic/", "stamped", "{\"username\": \"acme001\", \"password\": \"s3cret\"}")
                        .statusCode())
                .isEqualTo(200);
        latchkey.send("GET", "/proxy/me", "", Map.of("Provider-Config-Key", "stamped", "Connection-Id", "c1"));
        latchkey.send("GET", "/proxy/other", "", Map.of("Provider-Config-Key", "stamped", "Connection-Id", "c1"));

        Set<String> nonces = new HashSet<>();
        for (String path : java.util.List.of("/me", "/other")) {
            Asked asked = vendor.asked(path).getFirst();
            Matcher stamp = Pattern.compile("UsernameToken Username=\"acme001\", PasswordDigest=\"([^\"]+)\", "
                            + "Nonce=\"([^\"]+)\", Created=\"([0-9TZ:-]+)\"")
                    .matcher(asked.header("x-wsse"));
            assertThat(stamp.matches()).as(asked.header("x-wsse")).isTrue();
            byte[] sum = MessageDigest.getInstance("SHA-1")
                    .digest((stamp.group(2) + stamp.group(3) + "s3cret").getBytes(StandardCharsets.UTF_8));
            assertThat(stamp.group(1))
                    .isEqualTo(Base64.getEncoder()
                            .encodeToString(HexFormat.of().formatHex(sum).getBytes(StandardCharsets.US_ASCII)));
            assertThat(asked.header("authorization")).doesNotContain("s3cret");
            nonces.add(stamp.group(2));
        }
        assertThat(nonces).hasSize(2);
    }

    /** The key of the operator goes beside the one that its user typed, and is never the connection's. */
    @Test
    void aPartnersKeyComesFromTheIntegration() {
        latchkey.call("POST", "/integrations", """
                {"provider": "quirk-partner", "unique_key": "partner", "custom": {"partnerKey": "pk-1"}}""", 200);
        vendor.json("/me", "{}");
        assertThat(direct("/api-auth/api-key/", "partner", "{\"apiKey\": \"k-1\"}")
                        .statusCode())
                .isEqualTo(200);
        latchkey.send("GET", "/proxy/me", "", Map.of("Provider-Config-Key", "partner", "Connection-Id", "c1"));

        Asked asked = vendor.asked("/me").getFirst();
        assertThat(asked.header("x-partner")).isEqualTo("pk-1");
        assertThat(asked.header("x-key")).isEqualTo("Key k-1");
        assertThat(read("partner", "").toString()).doesNotContain("pk-1");
    }

    @Test
    void anAdministratorsConsentBuysTheAppsOwnToken() {
        integrate("consent", "consent");
        vendor.json("/t1/token", "{\"access_token\": \"a1\", \"expires_in\": 3600}")
                .json("/t1/token", "{\"access_token\": \"a2\", \"expires_in\": 3600}");

        // Anybody may say that an administrator of this tenant has agreed; that has to be meant.
        assertThat(new LabUser()
                        .get(NodeClientTest.start(latchkey, "consent", ""))
                        .body())
                .contains("accept_unproven_installations");
        latchkey.call("PATCH", "/integrations/consent", "{\"accept_unproven_installations\": true}", 200);

        assertThat(connect("consent", "tenant=t1&admin_consent=True").statusCode())
                .isEqualTo(200);
        JsonNode after = read("consent", "&force_refresh=true").get("credentials");

        assertThat(after.get("access_token").asString()).isEqualTo("a2");
        assertThat(vendor.asked("/t1/token").stream().map(Asked::body))
                .hasSize(2)
                .allSatisfy(body -> assertThat(body)
                        .contains("grant_type=client_credentials", "scope=.default")
                        .doesNotContain("code="));
    }

    @Test
    void furtherTokensForOtherAudiencesStayOutOfTheConfig() {
        integrate("resources", "resources");
        vendor.json("/token", "{\"access_token\": \"a1\", \"refresh_token\": \"r1\", \"expires_in\": 3600}")
                .json("/token", "{\"access_token\": \"f1\", \"refresh_token\": \"r2\", \"expires_in\": 3600}")
                .json("/bot", "{\"access_token\": \"b1\", \"expires_in\": 1800}");

        assertThat(connect("resources", "code=c").statusCode()).isEqualTo(200);

        JsonNode connection = read("resources", "&refresh_token=true");
        assertThat(connection.at("/credentials/access_token").asString()).isEqualTo("a1");
        assertThat(connection.at("/credentials/refresh_token").asString())
                .as("the newest")
                .isEqualTo("r2");
        assertThat(connection.at("/credentials/raw/files/access_token").asString())
                .isEqualTo("f1");
        assertThat(connection.at("/credentials/raw/bot/access_token").asString())
                .isEqualTo("b1");
        assertThat(connection.get("connection_config").toString()).doesNotContain("f1", "b1");
        assertThat(vendor.asked("/token").get(1).body())
                .contains("grant_type=refresh_token", "refresh_token=r1", "scope=files.read");
        assertThat(vendor.asked("/bot").getFirst().body()).contains("grant_type=client_credentials", "scope=bot");
    }

    @Test
    void introspectionKnowsTheEndThatTheAnswerDoesNot() {
        integrate("introspected", "introspected");
        vendor.json("/token", "{\"access_token\": \"a1\", \"refresh_token\": \"r1\"}")
                .json("/introspect", "{\"active\": true, \"exp\": 4102444800}");

        assertThat(connect("introspected", "code=c").statusCode()).isEqualTo(200);

        assertThat(read("introspected", "").at("/credentials/expires_at").asString())
                .startsWith("2100-01-01T00:00:00");
        assertThat(vendor.asked("/introspect").getFirst().body())
                .contains("token=a1", "client_id=id", "client_secret=secret");
    }

    @Test
    void aSessionOfCookiesIsACredential() {
        integrate("session", "session");
        vendor.json("/find", "{\"url\": \"" + vendor.address() + "/b1\"}")
                .respond(
                        "/b1/login",
                        new Response(
                                201,
                                Map.of(
                                        "Content-Type",
                                        "text/xml",
                                        "Set-Cookie",
                                        "B1SESSION=s1; HttpOnly\nROUTEID=.n1; path=/"),
                                "<ok/>"))
                .json("/me", "{\"name\": \"Ada\"}");

        HttpResponse<String> answer = direct("/auth/two-step/", "session", "{\"user\": \"ada\", \"password\": \"p\"}");
        HttpResponse<String> call = latchkey.get(
                "/proxy/me",
                Map.of(
                        "Authorization",
                        "Bearer " + latchkey.key,
                        "Provider-Config-Key",
                        "session",
                        "Connection-Id",
                        "c1"));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(call.statusCode()).isEqualTo(200);
        assertThat(vendor.asked("/b1/login").getFirst().body()).isEqualTo("<login user='ada'>p</login>");
        assertThat(vendor.asked("/me").getFirst().header("cookie")).isEqualTo("B1SESSION=s1; ROUTEID=.n1");
        assertThat(read("session", "").get("credentials").has("password"))
                .as("used once")
                .isFalse();
    }

    @Test
    void aKeyIsProvenByWhatTheAnswerSaysAndTheRestIsLearned() {
        integrate("learning", "learning");
        vendor.json(
                        "/check",
                        "{\"valid\": false, \"reason\": \"revoked <b>yesterday</b>\", \"message\": \"revoked <b>yesterday</b>\"}")
                .json("/check", "{\"valid\": true, \"note\": \"EXPIRED\"}")
                .json("/check", "{\"valid\": true}")
                .json("/accounts", """
                        {"items": [{"id": "1", "url": "https://us.acme.example", "uri": "x/1"},
                         {"id": "2", "is_default": true, "url": "https://eu.acme.example", "uri": "https://acme.example/users/abc"}]}""")
                .json("/installed", "{}");
        String body = "{\"apiKey\": \"k\", \"extra\": \"e\"}";

        HttpResponse<String> refused = direct("/api-auth/api-key/", "learning", body);
        HttpResponse<String> expired = direct("/api-auth/api-key/", "learning", body);
        latchkey.call("GET", "/connections/c1?provider_config_key=learning", "", 404);
        HttpResponse<String> connected = direct("/api-auth/api-key/", "learning", body);

        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("connection_test_failed", "revoked");
        assertThat(expired.statusCode()).isEqualTo(400);
        assertThat(connected.statusCode()).as(connected.body()).isEqualTo(200);
        JsonNode config = read("learning", "").get("connection_config");
        assertThat(config.get("account").asString()).isEqualTo("2");
        assertThat(config.get("region").asString()).isEqualTo("eu");
        assertThat(config.get("last").asString()).isEqualTo("abc");
        assertThat(config.get("hash").asString()).isEqualTo("13fbd79c3d390e5d6585a21e11ff5ec1970cff0c");
        assertThat(vendor.asked("/installed").getFirst().header("x-extra")).isEqualTo("e");
        vendor.json("/me", "{}");
        latchkey.get(
                "/proxy/me",
                Map.of(
                        "Authorization",
                        "Bearer " + latchkey.key,
                        "Provider-Config-Key",
                        "learning",
                        "Connection-Id",
                        "c1"));
        assertThat(vendor.asked("/me").getFirst().header("x-extra"))
                .as("forgotten")
                .isEmpty();
    }

    @Test
    void whateverAVendorAnswersInsteadOfATokenStoresNothing() {
        integrate("client", "client");
        Map<String, Response> answers = Map.of(
                "neither JSON nor a form",
                        new Response(200, Map.of("Content-Type", "text/html"), "<html><body>Welcome</body></html>"),
                "neither JSON", new Response(200, Map.of("Content-Type", "application/json"), ""),
                "no access token", new Response(200, Map.of("Content-Type", "application/json"), "{}"),
                "invalid_client",
                        new Response(
                                200, Map.of("Content-Type", "application/json"), "{\"error\": \"invalid_client\"}"),
                "answered more than",
                        new Response(
                                200,
                                Map.of("Content-Type", "application/json"),
                                "{\"a\": \"" + "x".repeat(5_000_000) + "\"}"),
                "answered 302", new Response(302, Map.of("Location", vendor.address() + "/token"), ""),
                "answered 500", new Response(500, Map.of("Content-Type", "text/plain"), "no"));

        answers.forEach((message, response) -> {
            vendor.forget();
            vendor.respond("/token", response);
            HttpResponse<String> answer =
                    direct("/oauth2/auth/", "client", "{\"client_id\": \"i\", \"client_secret\": \"s3cret\"}");
            assertThat(answer.statusCode()).as(message).isEqualTo(400);
            assertThat(answer.body())
                    .as(message)
                    .contains("client_credentials_fetch_error")
                    .contains(message)
                    .doesNotContain("s3cret", "<html>");
            assertThat(vendor.asked("/token").size())
                    .as("asked once, or a few times of a redirect")
                    .isLessThan(12);
            latchkey.call("GET", "/connections/c1?provider_config_key=client", "", 404);
        });
    }

    /** The same at the end of a user's way through a browser, and where a key is proven. */
    @Test
    void whateverAVendorAnswersToACodeOrAKeyStoresNothing() {
        integrate("introspected", "coded");
        integrate("learning", "keyed");
        String json = "application/json";
        Map<String, Response> answers = Map.of(
                "HTML", new Response(200, Map.of("Content-Type", "text/html"), "<html><script>x</script></html>"),
                "empty", new Response(200, Map.of("Content-Type", json), ""),
                "error inside",
                        new Response(200, Map.of("Content-Type", json), "{\"error\": \"nope\", \"valid\": false}"),
                "enormous",
                        new Response(200, Map.of("Content-Type", json), "{\"a\": \"" + "x".repeat(2_000_000) + "\"}"),
                "endless redirect", new Response(307, Map.of("Location", vendor.address() + "/token"), ""));

        answers.forEach((what, response) -> {
            vendor.forget();
            vendor.respond("/token", response).respond("/check", response);
            HttpResponse<String> page = connect("coded", "code=abc");
            HttpResponse<String> answer =
                    direct("/api-auth/api-key/", "keyed", "{\"apiKey\": \"k3y-secret\", \"extra\": \"x\"}");
            assertThat(page.statusCode()).as(what).isEqualTo(400);
            assertThat(page.body()).as(what).doesNotContain("<script>x", "xxxxxxxx");
            assertThat(answer.statusCode()).as(what).isEqualTo(400);
            assertThat(answer.body())
                    .as(what)
                    .contains("connection_test_failed")
                    .doesNotContain("k3y-secret", "<html>");
            assertThat(vendor.asked().size()).as(what).isLessThan(24);
            latchkey.call("GET", "/connections/c1?provider_config_key=coded", "", 404);
            latchkey.call("GET", "/connections/c1?provider_config_key=keyed", "", 404);
        });
    }

    /** Of what people paste where a name is asked, the name is taken where it can only be that; the rest is refused, in words. */
    @ParameterizedTest(name = "{0} {1}={2}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            shopify       | subdomain      | https://acme.myshopify.com/                 | /acme.myshopify.com/
            shopify       | subdomain      | https://acme.myshopify.com/admin?shop=other | /acme.myshopify.com/
            shopify       | subdomain      | ` acme.myshopify.com `                      | /acme.myshopify.com/
            shopify       | subdomain      | acme.myshopify.com/admin                    | must be one part of a host name
            shopify       | subdomain      | evil.example#                               | must be one part of a host name
            shopify       | subdomain      | evil.example/x.myshopify.com                | must be one part of a host name
            shopify       | subdomain      | user@evil.example                           | must be one part of a host name
            shopify       | subdomain      | acme:8080                                   | must be one part of a host name
            shopify       | subdomain      | ac me                                       | must be one part of a host name
            shopify       | subdomain      | äcme                                        | must be one part of a host name
            shopify       | subdomain      | -acme                                       | must be one part of a host name
            shopify       | subdomain      | ..                                          | must be one part of a host name
            shopify       | subdomain      | ` `                                         | is missing
            zendesk       | subdomain      | https://acme.zendesk.com/agent/dashboard    | /acme.zendesk.com/
            zendesk       | subdomain      | acme.zendesk.com.evil.example               | must be one part of a host name
            salesforce    | hostname       | https://acme.my.salesforce.com/setup        | /acme.my.salesforce.com/
            salesforce    | hostname       | evil.example                                | does not look right
            salesforce    | hostname       | salesforce.com.evil.example                 | does not look right
            mcp-generic   | mcp_server_url | mcp.example.com                             | must be an address
            mcp-generic   | mcp_server_url | ftp://mcp.example.com/mcp                   | must be an address
            mcp-generic   | mcp_server_url | https://user:pass@mcp.example.com/mcp       | must be an address
            """)
    void whatIsPastedIntoANameIsCutOrRefused(String provider, String field, String typed, String expected) {
        if (latchkey.send("GET", "/integrations/bad-" + provider, "").statusCode() == 404) {
            latchkey.labIntegration(provider, "bad-" + provider);
        }
        HttpResponse<String> answer = new LabUser()
                .get(URI.create(latchkey.address + "/oauth/connect/bad-" + provider + "?connect_session_token="
                        + latchkey.session("bad-" + provider) + "&params%5B" + field + "%5D="
                        + URLEncoder.encode(typed, StandardCharsets.UTF_8)));

        if (expected.startsWith("/")) {
            assertThat(LabUser.location(answer).toString()).contains(expected);
        } else {
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
            assertThat(answer.body()).contains(expected).doesNotContain("<script", "pass@");
            assertThat(latchkey.call("GET", "/connections?integrationId=bad-" + provider, "", 200)
                            .path("connections"))
                    .isEmpty();
        }
    }
}
