package dev.latchkey.server.webhooks.inbound;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetKeyPair;
import dev.latchkey.catalogue.model.Webhook.Verify.KeySource;
import dev.latchkey.server.secrets.Secret;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;

/** Finds the public key that a request is signed with, of the vendor's and of no other. */
final class VendorKeys {
    /** A certificate, those between it and an authority, and the authority's. */
    private static final int LONGEST_CHAIN = 6;

    /** What the certificate is used for, in the words of the JDK: not the exchange of a key. */
    private static final String SIGNS = "UNKNOWN";

    private final PublishedKeys published;
    private final IncomingRequest request;

    VendorKeys(PublishedKeys published, IncomingRequest request) {
        this.published = published;
        this.request = request;
    }

    /**
     * Empty if there is none.
     *
     * @param id of the key, if the signature itself says it
     * @throws PublishedKeys.AwayException when the vendor's host does not give it now
     */
    Optional<VendorKey> of(KeySource source, VendorKey.Algorithm algorithm, Secret secret, Optional<String> id) {
        return switch (source) {
            case KeySource.Written it -> VendorKey.of(algorithm, it.text());
            case KeySource.OfTheSecret it -> VendorKey.of(algorithm, secret.reveal());
            case KeySource.KeySet it ->
                id.or(() -> it.id().flatMap(this::value)).flatMap(name -> ofSet(it.address(), algorithm, name));
            case KeySource.Named it ->
                value(it.path())
                        .flatMap(path -> address("https://" + it.host() + (path.startsWith("/") ? path : "/" + path)))
                        .filter(address -> isOn(address, List.of(it.host())))
                        .map(published::asSent)
                        .flatMap(pem -> VendorKey.of(algorithm, new String(pem, StandardCharsets.UTF_8)));
            case KeySource.Certificate it ->
                value(it.address())
                        .flatMap(VendorKeys::address)
                        .filter(address -> isOn(address, it.hosts()))
                        .map(published::asSent)
                        .flatMap(pem -> certified(pem, it.subject()))
                        .flatMap(certificate -> VendorKey.of(algorithm, certificate.getPublicKey()));
        };
    }

    private Optional<String> value(String place) {
        return request.at(place, request.content());
    }

    private static Optional<URI> address(String text) {
        try {
            return Optional.of(URI.create(text.strip()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Nothing but a path on that very host: the sender writes it. */
    private static boolean isOn(URI address, List<String> hosts) {
        return "https".equals(address.getScheme())
                && address.getRawAuthority() != null
                && hosts.contains(address.getRawAuthority().toLowerCase(Locale.ROOT))
                && address.getRawQuery() == null
                && address.getRawFragment() == null
                && address.normalize().equals(address);
    }

    /** A key that is not in the set may have been added since the set was read. */
    private Optional<VendorKey> ofSet(URI address, VendorKey.Algorithm algorithm, String id) {
        return inSet(published.of(address), algorithm, id).or(() -> inSet(published.renewed(address), algorithm, id));
    }

    private static Optional<VendorKey> inSet(byte[] set, VendorKey.Algorithm algorithm, String id) {
        try {
            JWK found = JWKSet.parse(new String(set, StandardCharsets.UTF_8)).getKeyByKeyId(id);
            return switch (found) {
                case OctetKeyPair edwards -> VendorKey.ofEdwards(algorithm, edwards.getDecodedX());
                case AsymmetricJWK key -> VendorKey.of(algorithm, key.toPublicKey());
                case null, default -> Optional.empty();
            };
        } catch (ParseException | JOSEException e) {
            return Optional.empty();
        }
    }

    private Optional<X509Certificate> certified(byte[] pem, String subject) {
        try {
            Collection<? extends Certificate> read =
                    CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem));
            List<X509Certificate> chain = new ArrayList<>();
            for (Certificate one : read) {
                if (one instanceof X509Certificate certificate) {
                    chain.add(certificate);
                }
            }
            if (chain.isEmpty() || chain.size() > LONGEST_CHAIN || !isFor(chain.getFirst(), subject)) {
                return Optional.empty();
            }
            published.authorities().checkServerTrusted(chain.toArray(X509Certificate[]::new), SIGNS);
            return Optional.of(chain.getFirst());
        } catch (CertificateException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static boolean isFor(X509Certificate certificate, String subject) throws CertificateParsingException {
        List<String> names = new ArrayList<>();
        Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
        if (alternatives != null) {
            alternatives.forEach(name -> names.add(String.valueOf(name.get(1))));
        }
        try {
            new LdapName(certificate.getSubjectX500Principal().getName())
                    .getRdns().stream()
                            .filter(part -> part.getType().equalsIgnoreCase("CN"))
                            .forEach(part -> names.add(String.valueOf(part.getValue())));
        } catch (InvalidNameException e) {
            return false;
        }
        return names.stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .anyMatch(name -> subject.startsWith(".") ? name.endsWith(subject) : name.equals(subject));
    }
}
