package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.Hashtable;
import java.util.List;
import java.util.Locale;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.InitialDirContext;

/** The hosts behind a name of {@code mongodb+srv://}, as DNS lists them (RFC 2782). */
final class MongoCluster {
    /** A replica set has at most 50 members. */
    private static final int MOST = 50;

    private MongoCluster() {}

    /**
     * By JNDI, which is all that the JDK has for SRV records. Of DNS it reads text: no object is made of it, and the name is a checked
     * host's.
     *
     * @param patience with the name servers
     * @throws RefusedException when there are none, or they belong to another domain
     */
    @SuppressWarnings("BanJNDI")
    static List<DatastoreAddress.Host> members(String cluster, Duration patience) throws RefusedException {
        Hashtable<String, String> environment = new Hashtable<>();
        environment.put("java.naming.factory.initial", "com.sun.jndi.dns.DnsContextFactory");
        environment.put("java.naming.provider.url", "dns:");
        environment.put(
                "com.sun.jndi.dns.timeout.initial",
                Long.toString(patience.dividedBy(4).toMillis()));
        environment.put("com.sun.jndi.dns.timeout.retries", "2");
        List<DatastoreAddress.Host> members = new ArrayList<>();
        try {
            InitialDirContext dns = new InitialDirContext(environment);
            try {
                Attribute records = dns.getAttributes("_mongodb._tcp." + cluster, new String[] {"SRV"})
                        .get("SRV");
                for (Enumeration<?> all = records == null ? java.util.Collections.emptyEnumeration() : records.getAll();
                        all.hasMoreElements() && members.size() < MOST; ) {
                    members.add(member(cluster, String.valueOf(all.nextElement())));
                }
            } finally {
                dns.close();
            }
        } catch (NamingException e) {
            throw none(cluster);
        }
        if (members.isEmpty()) {
            throw none(cluster);
        }
        return members;
    }

    /** {@code priority weight port name.}, and no other domain's: otherwise the owner of a name could point anywhere. */
    static DatastoreAddress.Host member(String cluster, String record) throws RefusedException {
        String[] words = record.strip().split(" +");
        if (words.length != 4 || !words[2].matches("\\d{1,5}") || Integer.parseInt(words[2]) > 65_535) {
            throw none(cluster);
        }
        String name = words[3].replaceFirst("\\.$", "").toLowerCase(Locale.ROOT);
        String domain = cluster.substring(cluster.indexOf('.') + 1).toLowerCase(Locale.ROOT);
        if (!name.endsWith("." + domain)) {
            throw new RefusedException("DNS lists a member of another domain for the cluster " + cluster);
        }
        return new DatastoreAddress.Host(name, Integer.parseInt(words[2]));
    }

    private static RefusedException none(String cluster) {
        return new RefusedException("DNS lists no members of the cluster " + cluster);
    }
}
