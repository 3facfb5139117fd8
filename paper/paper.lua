-- What PDF and DOCX show otherwise than the web page, with Quarto and without: notes under exhibits (Lecture / Champ /
-- Source) keep their own look; links to other pages of the site have no page to lead to.
function Div(el)
  if not el.classes:includes("exhibit-note") then return nil end
  if FORMAT == "typst" then
    return pandoc.Blocks { pandoc.RawBlock("typst", "#exhibit-note[") } .. el.content .. { pandoc.RawBlock("typst", "]") }
  elseif FORMAT == "docx" then
    return pandoc.Div(el.content, { ["custom-style"] = "Exhibit Note" })
  end
end

function Link(el)
  if FORMAT:match("html") or el.target:match("^#") or el.target:match("^%a+:") then return nil end
  return el.classes:includes("lang-switch") and {} or el.content
end
