/** Connection strings and addresses of databases. Begin with {@link dev.latchkey.catalogue.datastore.ConnectionString}. */
@NullMarked
package dev.latchkey.catalogue.datastore;

import org.jspecify.annotations.NullMarked;
