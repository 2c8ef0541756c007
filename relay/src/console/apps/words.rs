//! The words of an app's pages that no other page has.

use super::super::phrases::phrases;

phrases! {
    // The picture.
    logo_hint: "PNG, JPEG ou SVG de até 4 MB, de preferência quadrado. Aparece também como ícone do programa.", "PNG, JPEG or SVG of up to 4 MB, square if possible. It is the program's icon too.", "PNG, JPEG o SVG de hasta 4 MB, mejor si es cuadrado. También es el icono del programa.";
    no_picture: "Este arquivo não é PNG, JPEG nem SVG.", "This file is neither PNG, JPEG nor SVG.", "Este archivo no es PNG, JPEG ni SVG.";
    no_picture_but: "Este arquivo é {}. Salve a imagem como PNG, JPEG ou SVG e envie de novo.", "This file is {}. Save the picture as PNG, JPEG or SVG and send it again.", "Este archivo es {}. Guarde la imagen como PNG, JPEG o SVG y envíela de nuevo.";
    unreadable: "Esta imagem não pode ser lida. O arquivo pode estar incompleto: abra-o no seu computador, salve de novo e envie.", "This picture cannot be read. The file may be incomplete: open it on your computer, save it again and send it.", "Esta imagen no se puede leer. El archivo puede estar incompleto: ábralo en su equipo, guárdelo de nuevo y envíelo.";
    too_many_bytes: "O arquivo tem {} MB. O limite é 4 MB.", "The file has {} MB. The limit is 4 MB.", "El archivo tiene {} MB. El límite es 4 MB.";
    too_detailed: "Esta imagem não cabe em uma logo. Envie uma mais simples.", "This picture does not fit into a logo. Send a simpler one.", "Esta imagen no cabe en un logo. Envíe una más simple.";
    bad_drawing: "Este desenho SVG não pode ser lido. Exporte-o de novo, ou salve-o como PNG.", "This SVG drawing cannot be read. Export it again, or save it as PNG.", "Este dibujo SVG no se puede leer. Expórtelo de nuevo, o guárdelo como PNG.";
    not_in_drawing: "Este desenho SVG tem {}, o que uma logo não pode ter. Exporte-o sem isso, ou salve-o como PNG.", "This SVG drawing has {}, which a logo may not have. Export it without that, or save it as PNG.", "Este dibujo SVG tiene {}, que un logo no puede tener. Expórtelo sin eso, o guárdelo como PNG.";
    with_element: "o elemento <{}>", "the element <{}>", "el elemento <{}>";
    with_script: "um script em “{}”", "a script in “{}”", "un script en “{}”";
    with_reference: "algo que vem de fora dele em “{}”", "something from outside of it in “{}”", "algo que viene de fuera en “{}”";
    with_style: "um estilo que busca algo fora dele", "a style that loads something", "un estilo que busca algo fuera";
    with_text: "letras que dependem de uma fonte (converta-as em curvas)", "letters that depend on a font (turn them into outlines)", "letras que dependen de una fuente (conviértalas en trazados)";
    with_document_type: "um tipo de documento (DOCTYPE)", "a document type (DOCTYPE)", "un tipo de documento (DOCTYPE)";
    with_elements: "mais de {} elementos", "more than {} elements", "más de {} elementos";
}
