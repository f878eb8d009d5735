package dev.latchkey.lab;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.PublicKey;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import javax.xml.crypto.MarshalException;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureException;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** A SAML 2.0 bearer assertion as a token endpoint checks it (RFC 7522 section 3). */
final class SamlCheck {
    private static final String SAML = "urn:oasis:names:tc:SAML:2.0:assertion";

    private SamlCheck() {}

    /** What is wrong; empty when it is good. */
    static Optional<String> problem(String base64, PublicKey key, Map<String, String> claims, Instant now) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            Document document = factory.newDocumentBuilder()
                    .parse(new ByteArrayInputStream(Base64.getMimeDecoder().decode(base64)));
            Element assertion = document.getDocumentElement();
            if (!"Assertion".equals(assertion.getLocalName()) || !assertion.hasAttribute("ID")) {
                return Optional.of("this is not an assertion");
            }
            assertion.setIdAttribute("ID", true);
            NodeList signatures = document.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature");
            if (signatures.getLength() != 1) {
                return Optional.of("the assertion must be signed once");
            }
            XMLSignatureFactory xml = XMLSignatureFactory.getInstance("DOM");
            DOMValidateContext context = new DOMValidateContext(key, signatures.item(0));
            context.setProperty("org.jcp.xml.dsig.secureValidation", true);
            XMLSignature signature = xml.unmarshalXMLSignature(context);
            boolean whole = signature.getSignedInfo().getReferences().stream()
                    .allMatch(reference -> reference.getURI().equals("#" + assertion.getAttribute("ID")));
            if (!whole || !signature.validate(context)) {
                return Optional.of("the assertion's signature is wrong");
            }
            return content(assertion, claims, now);
        } catch (ParserConfigurationException
                | SAXException
                | IOException
                | MarshalException
                | XMLSignatureException
                | IllegalArgumentException e) {
            return Optional.of("the assertion cannot be read");
        }
    }

    private static Optional<String> content(Element assertion, Map<String, String> claims, Instant now) {
        Map<String, String> found = Map.of(
                "issuer", text(assertion, "Issuer"),
                "subject", text(assertion, "NameID"),
                "audience", text(assertion, "Audience"),
                "recipient", attribute(assertion, "SubjectConfirmationData", "Recipient"));
        Instant end = Instant.parse(attribute(assertion, "Conditions", "NotOnOrAfter"));
        Instant begin = Instant.parse(attribute(assertion, "Conditions", "NotBefore"));
        if (!end.isAfter(now) || begin.isAfter(now)) {
            return Optional.of("the assertion is not valid now");
        }
        return claims.entrySet().stream()
                .filter(claim -> found.containsKey(claim.getKey())
                        && !found.get(claim.getKey()).equals(claim.getValue()))
                .map(claim -> "the assertion's " + claim.getKey() + " is wrong")
                .findFirst();
    }

    private static String text(Element assertion, String name) {
        NodeList found = assertion.getElementsByTagNameNS(SAML, name);
        return found.getLength() == 0 ? "" : found.item(0).getTextContent();
    }

    private static String attribute(Element assertion, String element, String name) {
        NodeList found = assertion.getElementsByTagNameNS(SAML, element);
        return found.getLength() == 0 ? "" : ((Element) found.item(0)).getAttribute(name);
    }
}
