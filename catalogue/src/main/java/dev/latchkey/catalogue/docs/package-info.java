/** The provider pages. Begin with {@link dev.latchkey.catalogue.docs.ProviderDocs}. */
@NullMarked
package dev.latchkey.catalogue.docs;

import org.jspecify.annotations.NullMarked;
