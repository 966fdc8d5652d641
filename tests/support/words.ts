/** Two lines of 13 pixels on white, drawn by ImageMagick: for machines without it. */
export const WORDS = "Build finished in 42 seconds\nwith 3 warnings";
export const PICTURE = Uint8Array.fromBase64(
  [
    "iVBORw0KGgoAAAANSUhEUgAAALAAAAArCAAAAAD9fV0CAAAFb0lEQVRYw+2XP2vrPBTGf/dFQyHdNHjrpgrqKXT35C+QqYO/iwZ9FaPBU+ie",
    "KV8gSxpIxy5Gg5aQQglCvIOc1Gl74b3Q+++lZ7EsPefo0bGO/Ohb4u+yf343gS/Cf5p9Ef4i/H8hvI/eRx+P3dGDj3EE9B4gd8Vj4wOLowgf",
    "ju8/h/BtWVXlQhy7H6voqxcAtANgUbmNjgPA63Bch35LIGaHx+rNkvbawUaXt+7t2ni3/vj61I6zsYGwx2yXxp5iyTmBZyIcE2XNVM7xL3EP",
    "yKUMx4Gn8wlDXiY3S3HGYX+PjX5mlvNhFu9HXuJlTP2Vb/SvDEaEY4QpRQNsNKBdmCFBdFovsr/GrsLsJdx291qHxypMFlrrDbDSWhMetdaO",
    "6HR1nwNvKr/RTms9THRvMQTTyOuhY1GV5SNstNYOnnK0jS5Lx2OZHbuyXABdhgyWUkop9apNfavWaa36w0G1verX6tCrNrWqPaSUkmp3a9Wv",
    "Vdsn1faqb1V/aNvUK5V2qt2pNvVqvc4OKaWUweudWg8TrNu27w+H1OeeVh1S2/a9andrtc4zHfocpldtn07RMjINdjolrK6suQLIn3ICYUFD",
    "A8PnupAAtczDUxbhrgbmXMI9DZLVijuaY8SJZCovWOV8mhuLlLz4Ks8ypds3jVxQX1yzWtBwtxQL7pCsAnUBq1WePiPf7OECs90u7S1QICBw",
    "8brvL4d9Nn48X89tVS6Aq9ytdTkCReACKIZ3Z+torBDiqTL1BcC1sbfaAVVZYgFEAQiEsRBGhXZCjllk1sYiT2+SgnMLQ+Zz63qLs6eF8wCB",
    "xanCc6VcAVMASwXo7WZmBhfRNLGzd7CNAhwQH2+G8mZEA0TTjGbKGc7HrrcwwfkNSELAT3Gxg/1QzZIhb4DsuhinMJwSDY+EKtTZISIKCPAM",
    "eUtstw9Lw4OfmcbvI4DL52GNE3vta5zvZrFm4zdMYSLymHfgnB8fFCmllA47pZRSbZ9Sq1Sr2l7t1uqwG17SISXVpl4derVLSbVrdeiVUqpN",
    "veqHglSqPXofctENY7lYDn3bHto8TUop9a1Sap1Sdtyt81urlGrTOs8yREsnn5RS+na8cXgpyP8FLwUM7cj5aTpgJ5dEMn5An3D5/dg+d88o",
    "T3GKn21/+ToaxWs0P7k8wwGcCI+ojTAfE46IE2p/cY4YE/7QO/Kud8DFtww+8n8l/BGzP9C+/e2X0O+IsO+Ks99O+HsW/iPuVxOOQcfoPJuR",
    "anRa6+6d45uUe/2LPsLbDE/mAhvGB7W35mFu32d4D6OtUsxffk3VDoT1Jgvv8n7mS2YLuD8pQ9Nwk/9XehO9dqCd0+Wti153pdNOax39DD+0",
    "nNZaO+/OROGnZ3hFh8UzhSXLBljOcQBFA456QC2weGo7fzA2gN3WsH2gg+cA2y1dsPOlgYV92Jqfl2FjweAXSJAEJHVxc8S40poio0RGFcsb",
    "0RACS6COAgIBph5YcVO8E4WfTvgO7JSACYQAcVBl2ZrjtaYGWxMwcaG1ztskZKEikXA1EllXxt7qzc8iHAWeK7Oy00Hfjmps4/YM15qCDdKs",
    "bN3Z+XLJVDIBnobCk6//3AgXzfbBzPx/pPHDGY6m4gKLzJJwbCv7JI/8zQywFHATFqzCkeh4jVMcHXQaca5rP5OwEFOMuINCgmTWSZ5jzhSN",
    "mZXVcPHJKONr9Axjc3YnOa/Xwy3l2lgNNGhtzecfda/iJxRnUvGtCjtD+YIsEwfpFRFevgwiMUiENs3HQu+TMgxQHG9gQgBcfjydhELky5OU",
    "IAQxu8jj1S9UjzjqIcyn2w9GFe/axx4xlJ4ozAxM8UNhf8D+enn5x9sX4S/CX4R/sf0LUGEDNnVLk5AAAAAASUVORK5CYII=",
  ].join(""),
);
