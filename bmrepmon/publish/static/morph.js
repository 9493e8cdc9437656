// Makes one tree of elements like another without replacing what stays: focus, selection and open tooltips survive.

export function morph(here, there) {
  attributes(here, there);
  if (here.hasAttribute("data-keep")) return;
  const wanted = [...there.childNodes];
  wanted.forEach((node, n) => {
    const old = here.childNodes[n];
    if (!old) here.append(node.cloneNode(true));
    else if (!alike(old, node)) old.replaceWith(node.cloneNode(true));
    else if (node.nodeType !== Node.ELEMENT_NODE) old.data === node.data || (old.data = node.data);
    else old.isEqualNode(node) || morph(old, node);
  });
  while (here.childNodes.length > wanted.length) here.lastChild.remove();
}

function alike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && one.id === other.id;
}

function attributes(here, there) {
  for (const { name } of [...here.attributes]) if (!there.hasAttribute(name)) here.removeAttribute(name);
  for (const { name, value } of there.attributes)
    if (here.getAttribute(name) !== value) here.setAttribute(name, value);
}
