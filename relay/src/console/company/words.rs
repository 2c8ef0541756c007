//! The words of the page about the company.

super::super::phrases::phrases! {
    lead: "Vale para a empresa inteira.", "These are for the whole company.", "Vale para toda la empresa.";
    name_hint: "Aparece ao entrar e no que é escrito em nome da empresa. O nome que os clientes veem é de cada aplicativo, em Aparência.", "Shown at login and in what is written in the company's name. What customers see is each app's own, under Appearance.", "Aparece al entrar y en lo que se escribe en nombre de la empresa. El nombre que ven los clientes es de cada aplicación, en Apariencia.";
    language: "Idioma padrão", "Default language", "Idioma predeterminado";
    language_hint: "Para ações nos tickets, e-mails e quem usa um navegador em outro idioma. Cada pessoa escolhe o das próprias páginas.", "For actions on tickets, e-mails, and whoever's browser speaks another language. Everybody chooses that of their own pages.", "Para acciones en los tickets, correos y quien usa un navegador en otro idioma. Cada persona elige el de sus propias páginas.";
    time_zone: "Fuso horário", "Time zone", "Zona horaria";
    time_zone_hint: "Dele vêm o dia de hoje, o horário de atendimento e as horas escritas. O que já aconteceu fica como foi e passa a ser mostrado nele.", "Today, opening hours and written times follow it. What has happened stays as it was, and is shown in it.", "De ella salen el día de hoy, el horario de atención y las horas escritas. Lo que ya ocurrió queda como fue y se muestra en ella.";
    address: "Endereço para entrar", "Address to log in at", "Dirección para entrar";
    address_hint: "Quem entra por ele entra nesta empresa.", "Whoever logs in there logs in to this company.", "Quien entra por ella entra en esta empresa.";
    usual_zones: "Mais usados", "Used most", "Más usadas";
    now_there: "Lá agora: {}", "Now there: {}", "Ahora allí: {}";
    changed_by: "Alterada {}, por {}", "Changed {}, by {}", "Cambiada {}, por {}";
    bad_name: "Escreva um nome de até 200 letras.", "Enter a name of up to 200 letters.", "Escriba un nombre de hasta 200 letras.";
    choose_one: "Escolha um da lista.", "Choose one of the list.", "Elija uno de la lista.";
    bad_zone: "Este fuso horário não existe. Escolha um da lista.", "There is no such time zone. Choose one of the list.", "Esta zona horaria no existe. Elija una de la lista.";
    clash: "{} mudou a empresa enquanto você editava", "{} changed the company while you were editing", "{} cambió la empresa mientras usted editaba";
}
