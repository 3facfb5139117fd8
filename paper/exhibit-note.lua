-- Notes under exhibits (Lecture / Champ / Source) keep their own look in PDF and DOCX, with Quarto and without.
function Div(el)
  if not el.classes:includes("exhibit-note") then return nil end
  if FORMAT == "typst" then
    return pandoc.Blocks { pandoc.RawBlock("typst", "#exhibit-note[") } .. el.content .. { pandoc.RawBlock("typst", "]") }
  elseif FORMAT == "docx" then
    return pandoc.Div(el.content, { ["custom-style"] = "Exhibit Note" })
  end
end
