package dev.latchkey.server.webhooks.inbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.model.Webhook.Verify.KeySource;
import dev.latchkey.server.egress.PeerTrust;
import dev.latchkey.server.secrets.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The sender names an address: only the vendor's hosts are asked, and only a certificate that an authority vouches for is believed. */
class VendorKeysTest {
    private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");
    private static String certificate = "";
    private static String authority = "";

    private final List<URI> asked = new ArrayList<>();

    /** PayPal's of the signed requests. */
    @BeforeAll
    static void read() throws IOException {
        try (InputStream stream = Files.newInputStream(Path.of("src/test/resources/webhooks/signatures.yaml"))) {
            YAMLMapper.builder()
                    .build()
                    .readerFor(JsonNode.class)
                    .<JsonNode>readValues(stream)
                    .forEachRemaining(one -> {
                        if (one.path("provider").asString().equals("paypal")) {
                            authority = one.path("authority").asString();
                            one.path("published")
                                    .properties()
                                    .forEach(entry ->
                                            certificate = entry.getValue().asString());
                        }
                    });
        }
    }

    private Optional<VendorKey> key(KeySource source, String address, String trusted, String document) {
        PublishedKeys published = new PublishedKeys(
                uri -> {
                    asked.add(uri);
                    return Optional.of(document.getBytes(StandardCharsets.UTF_8));
                },
                new PeerTrust(PeerTrust.Mode.AUTHORITY, "", trusted),
                () -> NOW);
        IncomingRequest request = IncomingRequest.of(
                "POST", "https://latchkey.example/", Map.of("x-key", address), Map.of(), new byte[0]);
        return new VendorKeys(published, request)
                .of(source, VendorKey.Algorithm.RSA_SHA256, new Secret(""), Optional.empty());
    }

    private static KeySource.Certificate of(String subject) {
        return new KeySource.Certificate("header.x-key", List.of("api.paypal.com"), subject);
    }

    @Test
    void aCertificateOnTheVendorsHostIsTaken() {
        assertThat(key(of(".paypal.com"), "https://api.paypal.com/v1/certs/1", authority, certificate))
                .isPresent();
        assertThat(asked).containsExactly(URI.create("https://api.paypal.com/v1/certs/1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://api.paypal.com/v1/certs/1",
                "https://api.paypal.com.evil.example/v1/certs/1",
                "https://evil.example/api.paypal.com",
                "https://api.paypal.com@evil.example/",
                "https://evil.example#api.paypal.com",
                "https://api.paypal.com:8443/v1/certs/1",
                "https://user@api.paypal.com/v1/certs/1",
                "https://api.paypal.com/v1/certs/../../redirect",
                "https://api.paypal.com/v1/certs/1?to=https://evil.example",
                "https://api.paypal.com/v1/certs/1#x",
                "//api.paypal.com/v1/certs/1",
                "file:///etc/passwd",
                "https://api.paypal.com\\@evil.example/",
                "not an address",
                ""
            })
    void noOtherAddressIsAsked(String address) {
        assertThat(key(of(".paypal.com"), address, authority, certificate)).isEmpty();
        assertThat(asked).isEmpty();
    }

    @Test
    void aCertificateThatNoAuthorityVouchesForIsNone() {
        assertThat(key(of(".paypal.com"), "https://api.paypal.com/v1/certs/1", "", certificate))
                .isEmpty();
    }

    @Test
    void aCertificateForAnotherNameIsNone() {
        assertThat(key(of(".another.example"), "https://api.paypal.com/v1/certs/1", authority, certificate))
                .isEmpty();
        assertThat(key(of("paypal.com"), "https://api.paypal.com/v1/certs/1", authority, certificate))
                .isEmpty();
    }

    @Test
    void whatIsNoCertificateIsNone() {
        assertThat(key(of(".paypal.com"), "https://api.paypal.com/v1/certs/1", authority, "{}"))
                .isEmpty();
        assertThat(key(of(".paypal.com"), "https://api.paypal.com/v1/certs/1", authority, certificate.repeat(7)))
                .isEmpty();
    }

    @Test
    void aNamedKeyStaysOnItsHost() {
        KeySource named = new KeySource.Named("static.vendor.example", "header.x-key");

        assertThat(key(named, "//evil.example/key.pem", authority, certificate)).isEmpty();
        assertThat(key(named, "/../key.pem", authority, certificate)).isEmpty();
        assertThat(key(named, "@evil.example/", authority, certificate)).isEmpty();
        key(named, "prod/keys/pub-key.pem", authority, certificate);
        assertThat(asked)
                .isNotEmpty()
                .allMatch(address -> address.getHost().equals("static.vendor.example"))
                .contains(URI.create("https://static.vendor.example/prod/keys/pub-key.pem"));
    }
}
