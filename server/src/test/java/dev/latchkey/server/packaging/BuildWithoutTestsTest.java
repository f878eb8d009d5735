package dev.latchkey.server.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/** {@code ./latchkey start} builds a fresh clone without tests ({@code -Dmaven.test.skip}), so that no module has a jar of tests. */
class BuildWithoutTestsTest {
    private static final XPath XPATH = XPathFactory.newInstance().newXPath();
    private static final String OURS = "/project/dependencies/dependency[groupId='dev.latchkey']";

    @Test
    void noModuleThatTheServerIsBuiltWithNeedsAnothersTests() throws Exception {
        Set<String> built = new LinkedHashSet<>();
        List<String> needed = new ArrayList<>();
        Deque<String> left = new ArrayDeque<>(List.of("server"));
        while (!left.isEmpty()) {
            String module = left.pop();
            if (built.add(module)) {
                Document pom = DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(Path.of("..", module, "pom.xml").toFile());
                texts(pom, OURS + "/artifactId").forEach(name -> left.add(name.replace("latchkey-", "")));
                texts(pom, OURS + "[type='test-jar']/artifactId")
                        .forEach(name -> needed.add(module + " needs the tests of " + name));
            }
        }
        assertThat(built).contains("catalogue", "lab", "client", "connectors");
        assertThat(needed).isEmpty();
    }

    private static List<String> texts(Document pom, String path) throws Exception {
        NodeList found = (NodeList) XPATH.evaluate(path, pom, XPathConstants.NODESET);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < found.getLength(); i++) {
            texts.add(found.item(i).getTextContent());
        }
        return texts;
    }
}
