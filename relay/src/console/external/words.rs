//! The words of pages about tickets of other systems.

use super::super::phrases::phrases;

phrases! {
    of: "Ticket {} em {}", "Ticket {} in {}", "Ticket {} en {}";
    open_there: "Abrir em {}", "Open in {}", "Abrir en {}";
    open_here: "Abrir no Amparo", "Open in Amparo", "Abrir en Amparo";
    unreachable: "{} não responde agora. O que aparece aqui veio do link; o acesso remoto funciona mesmo assim.", "{} does not answer right now. What is shown here came with the link; remote access works all the same.", "{} no responde ahora. Lo que aparece aquí vino en el enlace; el acceso remoto funciona igualmente.";
    no_ticket: "{} não tem um ticket com este número.", "{} has no ticket with this number.", "{} no tiene un ticket con este número.";
    unknown: "Não se sabe de quem é este ticket. Veja em Atendimento quem está aguardando.", "It is not known whose ticket this is. See under Attendance who is waiting.", "No se sabe de quién es este ticket. Vea en Atención quién está esperando.";
    remote: "Acesso remoto", "Remote access", "Acceso remoto";
    link_lead: "Mande este link ao cliente: ele baixa o programa e vê de qual ticket se trata.", "Send this link to the customer: they get the program and see which ticket it is about.", "Envíe este enlace al cliente: descarga el programa y ve de qué ticket se trata.";
    link: "Link para baixar", "Download link", "Enlace de descarga";
    closed: "Este ticket está encerrado: o link já não vale e ninguém mais é avisado.", "This ticket is closed: the link is over and nobody is told any more.", "Este ticket está cerrado: el enlace ya no vale y ya no se avisa a nadie.";
    continue_here: "Continuar", "Continue", "Continuar";
    pages: "Do sistema para cá", "From the system to here", "Del sistema hacia aquí";
    pages_lead: "Ponha este endereço num botão ou campo do sistema, com o número do ticket no fim. Abre o acesso remoto daquele ticket.", "Put this address on a button or field of the system, with the ticket's number at its end. It opens the remote access of that ticket.", "Ponga esta dirección en un botón o campo del sistema, con el número del ticket al final. Abre el acceso remoto de ese ticket.";
    page_address: "Página de um ticket", "Page of a ticket", "Página de un ticket";
    widget_address: "Para mostrar dentro do sistema (iframe)", "To show inside the system (iframe)", "Para mostrar dentro del sistema (iframe)";
    widget_lead: "Só o endereço desta conexão pode mostrá-lo. Se os dois sistemas não têm o mesmo domínio, ele mostra um botão que abre a página.", "Only this connection's address may show it. Where the two systems have different domains, it shows a button that opens the page.", "Solo la dirección de esta conexión puede mostrarlo. Si los dos sistemas no tienen el mismo dominio, muestra un botón que abre la página.";
    hook_address: "Aviso de mudança (webhook)", "Notice of changes (webhook)", "Aviso de cambios (webhook)";
    hook_lead: "Faça o sistema mandar um POST para cá quando um ticket mudar, com o número dele em qualquer formato. O Amparo consulta o ticket; se foi encerrado, o link e os avisos dele terminam.", "Let the system send a POST here when a ticket changes, with its number in whatever form. Amparo looks the ticket up; when it was closed, its link and notices end.", "Haga que el sistema envíe un POST aquí cuando un ticket cambie, con su número en cualquier formato. Amparo consulta el ticket; si fue cerrado, su enlace y sus avisos terminan.";
}
