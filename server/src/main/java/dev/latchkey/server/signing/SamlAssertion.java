package dev.latchkey.server.signing;

import dev.latchkey.catalogue.keys.HeavyWork;
import dev.latchkey.catalogue.keys.PrivateKeys;
import dev.latchkey.server.secrets.Secret;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.xml.XMLConstants;
import javax.xml.crypto.MarshalException;
import javax.xml.crypto.dsig.CanonicalizationMethod;
import javax.xml.crypto.dsig.DigestMethod;
import javax.xml.crypto.dsig.SignatureMethod;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLSignatureException;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.crypto.dsig.spec.TransformParameterSpec;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** A SAML 2.0 bearer assertion for a token request (RFC 7522 section 3), signed enveloped with RSA-SHA256 by the JDK. */
public final class SamlAssertion {
    private static final String SAML = "urn:oasis:names:tc:SAML:2.0:assertion";
    private static final String UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";

    private SamlAssertion() {}

    /**
     * @param claims {@code issuer}, {@code subject}, {@code audience}, {@code recipient}; {@code name_id_format} and any other become
     *     attributes
     * @return base64 of the XML, as SAP SuccessFactors and others accept it
     * @throws IllegalArgumentException when the key is not an RSA key; does not repeat it
     */
    public static Secret of(Secret key, String id, Map<String, String> claims, Duration lifetime, Instant now) {
        return HeavyWork.signing().run(() -> signed(key, id, claims, lifetime, now));
    }

    private static Secret signed(Secret key, String id, Map<String, String> claims, Duration lifetime, Instant now) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            Document document = factory.newDocumentBuilder().newDocument();
            Element assertion = assertion(document, id, claims, lifetime, now.truncatedTo(ChronoUnit.SECONDS));
            sign(assertion, PrivateKeys.parse(key.reveal()));
            StringWriter text = new StringWriter();
            Transformer transformer = TransformerFactory.newInstance().newTransformer();
            transformer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
            transformer.transform(new DOMSource(document), new StreamResult(text));
            return new Secret(Base64.getEncoder().encodeToString(text.toString().getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException | MarshalException | XMLSignatureException e) {
            throw new IllegalArgumentException("the assertion cannot be signed: an RSA private key is needed");
        } catch (ParserConfigurationException | TransformerException e) {
            throw new AssertionError("every JDK writes XML", e);
        }
    }

    private static Element assertion(
            Document document, String id, Map<String, String> claims, Duration lifetime, Instant now) {
        String end = now.plus(lifetime).toString();
        // The recipient's clock may be behind.
        String begin = now.minus(Duration.ofMinutes(1)).toString();
        Element assertion = document.createElementNS(SAML, "saml2:Assertion");
        document.appendChild(assertion);
        // Canonicalization sees only declared namespaces: without this the digest does not match the text that is sent.
        assertion.setAttributeNS(XMLConstants.XMLNS_ATTRIBUTE_NS_URI, "xmlns:saml2", SAML);
        assertion.setAttribute("ID", "_" + id);
        assertion.setIdAttribute("ID", true);
        assertion.setAttribute("IssueInstant", now.toString());
        assertion.setAttribute("Version", "2.0");
        child(assertion, "Issuer").setTextContent(claims.getOrDefault("issuer", ""));
        Element subject = child(assertion, "Subject");
        Element name = child(subject, "NameID");
        name.setAttribute("Format", claims.getOrDefault("name_id_format", UNSPECIFIED));
        name.setTextContent(claims.getOrDefault("subject", ""));
        Element confirmation = child(subject, "SubjectConfirmation");
        confirmation.setAttribute("Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer");
        Element data = child(confirmation, "SubjectConfirmationData");
        data.setAttribute("NotOnOrAfter", end);
        data.setAttribute("Recipient", claims.getOrDefault("recipient", ""));
        Element conditions = child(assertion, "Conditions");
        conditions.setAttribute("NotBefore", begin);
        conditions.setAttribute("NotOnOrAfter", end);
        child(child(conditions, "AudienceRestriction"), "Audience").setTextContent(claims.getOrDefault("audience", ""));
        Element statement = child(assertion, "AuthnStatement");
        statement.setAttribute("AuthnInstant", now.toString());
        statement.setAttribute("SessionIndex", "_" + id);
        child(child(statement, "AuthnContext"), "AuthnContextClassRef")
                .setTextContent("urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport");
        List<Map.Entry<String, String>> attributes = claims.entrySet().stream()
                .filter(claim -> !List.of("issuer", "subject", "audience", "recipient", "name_id_format")
                        .contains(claim.getKey()))
                .sorted(Map.Entry.comparingByKey())
                .toList();
        if (!attributes.isEmpty()) {
            Element list = child(assertion, "AttributeStatement");
            attributes.forEach(claim -> {
                Element attribute = child(list, "Attribute");
                attribute.setAttribute("Name", claim.getKey());
                child(attribute, "AttributeValue").setTextContent(claim.getValue());
            });
        }
        return assertion;
    }

    private static Element child(Element parent, String name) {
        Element child = parent.getOwnerDocument().createElementNS(SAML, "saml2:" + name);
        parent.appendChild(child);
        return child;
    }

    /** The signature follows the issuer, where the schema requires it (SAML core section 5.4). */
    private static void sign(Element assertion, PrivateKey key)
            throws GeneralSecurityException, MarshalException, XMLSignatureException {
        XMLSignatureFactory factory = XMLSignatureFactory.getInstance("DOM");
        var reference = factory.newReference(
                "#" + assertion.getAttribute("ID"),
                factory.newDigestMethod(DigestMethod.SHA256, null),
                List.of(
                        factory.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null),
                        factory.newTransform(CanonicalizationMethod.EXCLUSIVE, (TransformParameterSpec) null)),
                null,
                null);
        var info = factory.newSignedInfo(
                factory.newCanonicalizationMethod(CanonicalizationMethod.EXCLUSIVE, (C14NMethodParameterSpec) null),
                factory.newSignatureMethod(SignatureMethod.RSA_SHA256, null),
                List.of(reference));
        DOMSignContext context =
                new DOMSignContext(key, assertion, assertion.getFirstChild().getNextSibling());
        context.setDefaultNamespacePrefix("ds");
        factory.newXMLSignature(info, null).sign(context);
    }
}
