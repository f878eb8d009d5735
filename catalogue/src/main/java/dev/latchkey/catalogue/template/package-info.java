/** The template language of definitions. Begin with {@link dev.latchkey.catalogue.template.Template}. */
@NullMarked
package dev.latchkey.catalogue.template;

import org.jspecify.annotations.NullMarked;
